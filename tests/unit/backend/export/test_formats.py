"""Each text format, letter for letter."""

import pytest

from backend.export import WRITERS, render
from backend.export.tsv import to_tsv
from contracts.exports import ExportFormat
from contracts.transcription import Transcript
from transcripts import segment, transcript
from unit.backend.export.jobs import job_of

TALK = transcript(
    segment("Раз & <два>.", 0.0, 1.0006),
    segment("Стрелка --> {вниз}.", 1.5, 3.0),
    segment("Потом.", 360_000.5, 360_002),
)

LATE = transcript(segment("Раз.", 65.9, 66), segment("Два.", 360_000.5, 360_001))


def text_of(kind: ExportFormat, what: Transcript = TALK) -> str:
    return render(job_of(what), kind).decode("utf-8")


def test_txt_begins_a_paragraph_at_a_long_pause() -> None:
    assert text_of(ExportFormat.TXT) == "Раз & <два>. Стрелка --> {вниз}.\n\nПотом.\n"


def test_txt_tells_when_each_paragraph_begins_if_it_is_asked_to() -> None:
    content = render(job_of(LATE), ExportFormat.TXT, timestamps=True)
    assert content.decode() == "[0:01:05] Раз.\n\n[100:00:00] Два.\n"


@pytest.mark.parametrize(
    "kind", sorted(kind for kind in ExportFormat if not kind.has_optional_timestamps)
)
@pytest.mark.parametrize("timestamps", [True, False])
def test_formats_that_are_nothing_without_times_leave_no_choice(
    kind: ExportFormat, timestamps: bool
) -> None:
    with pytest.raises(ValueError, match="always has times"):
        render(job_of(TALK), kind, timestamps=timestamps)


def test_srt_is_numbered_and_holds_nothing_a_player_takes_for_markup() -> None:
    assert text_of(ExportFormat.SRT) == (
        "1\n00:00:00,000 --> 00:00:01,001\nРаз & ‹два›.\n\n"
        "2\n00:00:01,500 --> 00:00:03,000\nСтрелка --› (вниз).\n\n"
        "3\n100:00:00,500 --> 100:00:02,000\nПотом.\n\n"
    )


def test_vtt_escapes_markup() -> None:
    assert text_of(ExportFormat.VTT) == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:01.001\nРаз &amp; &lt;два&gt;.\n\n"
        "00:00:01.500 --> 00:00:03.000\nСтрелка --&gt; {вниз}.\n\n"
        "100:00:00.500 --> 100:00:02.000\nПотом.\n\n"
    )


def test_tsv_has_the_columns_of_openai_whisper_and_no_stray_tab_or_line() -> None:
    what = transcript(segment(' "Раз\tдва"\r\nтри\n', 0, 1.0006))
    assert to_tsv(what) == 'start\tend\ttext\n0\t1001\t"Раз два" три\n'


def test_a_spreadsheet_shows_the_exported_table_as_it_is() -> None:
    """Without the mark Excel shows garbled Cyrillic, and 3605500 is no time to read."""
    exported = text_of(ExportFormat.TSV, transcript(segment("Раз", 0.25, 3605.5)))
    assert exported == "\ufeffstart\tend\ttext\n00:00:00.250\t01:00:05.500\tРаз\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r@", " \x00+", "＝"])
def test_a_spreadsheet_does_not_run_a_text_of_the_tsv_as_a_formula(start: str) -> None:
    what = transcript(segment(f"{start}HYPERLINK(1)"), segment("5-3=2"))
    first, second = text_of(ExportFormat.TSV, what).splitlines()[1:]
    assert first.split("\t")[2] == f"'{start.strip(chr(0) + ' ' + chr(9) + chr(13))}HYPERLINK(1)"
    assert second.split("\t")[2] == "5-3=2"


def test_json_is_the_whole_transcript() -> None:
    assert Transcript.model_validate_json(text_of(ExportFormat.JSON)) == TALK


def test_the_whole_text_in_json_is_the_corrected_one() -> None:
    corrected = segment("Встреча").model_copy(update={"original_text": "Вечер"})
    what = transcript(corrected).model_copy(update={"text": "Вечер"})
    read = Transcript.model_validate_json(text_of(ExportFormat.JSON, what))
    assert (read.text, read.segments[0].original_text) == ("Встреча", "Вечер")


@pytest.mark.parametrize(
    ("kind", "empty"),
    [("txt", ""), ("srt", ""), ("vtt", "WEBVTT\n\n"), ("tsv", "\ufeffstart\tend\ttext\n")],
)
def test_silence_makes_a_valid_empty_file(kind: str, empty: str) -> None:
    assert text_of(ExportFormat(kind), transcript()) == empty


@pytest.mark.parametrize("kind", ["txt", "srt", "vtt", "tsv"])
def test_half_a_surrogate_pair_does_not_break_the_file(kind: str) -> None:
    assert "вот и всё" in text_of(ExportFormat(kind), transcript(segment("вот\ud83d и всё")))


def test_every_format_can_be_rendered() -> None:
    assert set(WRITERS) == set(ExportFormat)
    for kind in ExportFormat:
        assert render(job_of(TALK), kind)


def test_a_job_without_a_transcript_is_no_empty_file() -> None:
    with pytest.raises(ValueError, match="no transcript"):
        render(job_of(None), ExportFormat.TXT)
