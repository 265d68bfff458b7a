"""Each format, letter for letter."""

import pytest

from backend.export import EXPORTERS, ExportFormat
from contracts.transcription import Transcript
from transcripts import segment, transcript

TALK = transcript(
    segment("Раз & <два>.", 0.0, 1.0006),
    segment("Стрелка --> {вниз}.", 1.5, 2.0),
    segment("Потом.", 4.0, 360_000.5),
)


def render(kind: ExportFormat, what: Transcript = TALK) -> str:
    return EXPORTERS[kind].render(what)


def test_txt_begins_a_paragraph_at_a_long_pause() -> None:
    assert render(ExportFormat.TXT) == "Раз & <два>. Стрелка --> {вниз}.\n\nПотом.\n"


def test_srt_is_numbered_and_holds_nothing_a_player_takes_for_markup() -> None:
    assert render(ExportFormat.SRT) == (
        "1\n00:00:00,000 --> 00:00:01,001\nРаз & ‹два›.\n\n"
        "2\n00:00:01,500 --> 00:00:02,000\nСтрелка --› (вниз).\n\n"
        "3\n00:00:04,000 --> 100:00:00,500\nПотом.\n\n"
    )


def test_vtt_escapes_markup() -> None:
    assert render(ExportFormat.VTT) == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:01.001\nРаз &amp; &lt;два&gt;.\n\n"
        "00:00:01.500 --> 00:00:02.000\nСтрелка --&gt; {вниз}.\n\n"
        "00:00:04.000 --> 100:00:00.500\nПотом.\n\n"
    )


def test_json_is_the_whole_transcript() -> None:
    assert Transcript.model_validate_json(render(ExportFormat.JSON)) == TALK


@pytest.mark.parametrize(("kind", "empty"), [("txt", ""), ("srt", ""), ("vtt", "WEBVTT\n\n")])
def test_silence_makes_a_valid_empty_file(kind: str, empty: str) -> None:
    assert render(ExportFormat(kind), transcript()) == empty


def test_every_format_can_be_rendered() -> None:
    assert set(EXPORTERS) == set(ExportFormat)
