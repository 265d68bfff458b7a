"""If these fail, a file does not say who speaks, or says it as the page does not."""

import io

import pytest
import webvtt
from docx import Document

from backend.export import render
from backend.export.cues import cues_of
from backend.export.file_language import file_language
from backend.export.speaker_names import speaker_names
from contracts.exports import ExportFormat
from contracts.transcription import Transcript
from frontend.i18n import Language, Translator
from transcripts import conversation
from unit.backend.export.jobs import job_of

TALK = conversation(
    ("S1", "Добрый день, это редакция."),
    ("S1", "Чем могу помочь?"),
    ("S2", "Здравствуйте, я по поводу статьи."),
    names={"S1": "Анна"},
)


def text_of(
    kind: ExportFormat,
    what: Transcript = TALK,
    *,
    timestamps: bool | None = None,
    speakers: bool | None = None,
) -> str:
    return render(job_of(what), kind, timestamps=timestamps, speakers=speakers).decode()


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (None, "Говорящий 2"),
        ("en-GB,ru;q=0.5", "Speaker 2"),
        ("kk,ru;q=0.5", "Говорящий 2"),
        ("kk", "Говорящий 2"),
        ("", "Говорящий 2"),
    ],
)
def test_a_speaker_without_a_name_is_called_in_the_language_of_the_request(
    asked: str | None, name: str
) -> None:
    language = file_language(TALK, asked)
    assert speaker_names(TALK, language) == {"S1": "Анна", "S2": name}


def test_a_language_without_a_word_for_speakers_takes_the_english_one() -> None:
    german = TALK.model_copy(update={"language": "de"})
    assert file_language(german, "fr") == "en"


@pytest.mark.parametrize("language", Language)
def test_the_page_calls_them_the_same(language: Language) -> None:
    shown = Translator(language)("speaker.unnamed", number=2)
    assert speaker_names(TALK, language.value)["S2"] == shown


def test_txt_is_a_protocol() -> None:
    assert text_of(ExportFormat.TXT) == (
        "Анна: Добрый день, это редакция. Чем могу помочь?\n\n"
        "Говорящий 2: Здравствуйте, я по поводу статьи.\n"
    )
    timed = text_of(ExportFormat.TXT, timestamps=True)
    assert timed.startswith("[0:00:00] Анна: Добрый день")


def test_docx_has_name_and_time_above_each_paragraph() -> None:
    read = Document(io.BytesIO(render(job_of(TALK), ExportFormat.DOCX)))
    _, first, second = read.paragraphs
    assert first.text == "Анна [0:00:00]\nДобрый день, это редакция. Чем могу помочь?"
    assert second.text == "Говорящий 2 [0:00:02]\nЗдравствуйте, я по поводу статьи."
    assert [run.text for run in first.runs if run.bold] == ["Анна"]


def test_tsv_has_a_column_of_names() -> None:
    evil = conversation(("S1", "Раз"), (None, "Два"), names={"S1": "=HYPERLINK(1)\t"})
    assert text_of(ExportFormat.TSV, evil).splitlines() == [
        "\ufeffstart\tend\tspeaker\ttext",
        "00:00:00.000\t00:00:01.000\t'=HYPERLINK(1)\tРаз",
        "00:00:01.000\t00:00:02.000\t\tДва",
    ]


def test_srt_names_a_speaker_where_the_speaker_begins() -> None:
    lines = text_of(ExportFormat.SRT).splitlines()
    assert "Анна: Добрый день, это редакция." in lines
    assert "Говорящий 2: Здравствуйте," in lines
    assert sum("Анна" in line for line in lines) == 1


def test_vtt_tells_the_voice_of_each_cue() -> None:
    written = text_of(ExportFormat.VTT)
    assert written.splitlines()[3].startswith("<v Анна>Добрый день")
    assert "\n<v Говорящий 2>– Здравствуйте, я по поводу статьи.</v>\n" in written
    assert webvtt.from_buffer(io.StringIO(written))[0].voice == "Анна"


def test_a_name_cannot_break_out_of_its_voice_span() -> None:
    evil = conversation(("S1", "Раз & два."), names={"S1": "А</v> --> &\n\nБ"})
    written = text_of(ExportFormat.VTT, evil)
    assert "<v А&lt;/v&gt; --&gt; &amp; Б>Раз &amp; два.</v>" in written
    assert len(webvtt.from_buffer(io.StringIO(written)).captions) == 1


def test_a_cue_of_two_speakers_has_a_dash_before_each_line() -> None:
    """A viewer takes the words of one for those of the other."""
    asked = conversation(("S1", "Готово?"), ("S2", "Да."), names={"S1": "Анна", "S2": "Борис"})
    for each in asked.segments:
        each.start, each.end = each.start / 3, each.end / 3
    asked.duration_s = 0.9
    (cue,) = cues_of(asked)
    assert cue.lines == ("– Готово?", "– Да.")
    assert text_of(ExportFormat.VTT, asked).splitlines()[3:] == [
        "<v Анна>– Готово?</v>",
        "<v Борис>– Да.</v>",
        "",
    ]
    assert text_of(ExportFormat.SRT, asked).splitlines()[2:] == [
        "– Анна: Готово?",
        "– Борис: Да.",
        "",
    ]


@pytest.mark.parametrize("kind", sorted({*ExportFormat} - {ExportFormat.JSON, ExportFormat.DOCX}))
def test_names_can_be_left_out(kind: ExportFormat) -> None:
    written = text_of(kind, speakers=False)
    assert "Анна" not in written
    assert "Говорящий" not in written
    assert text_of(kind, speakers=True) == text_of(kind) != written


@pytest.mark.parametrize("kind", ExportFormat)
def test_a_text_without_speakers_is_as_ever(kind: ExportFormat) -> None:
    plain = conversation((None, "Раз."), (None, "Два."))
    if kind is not ExportFormat.DOCX and kind.has_optional_speakers:
        assert text_of(kind, plain, speakers=True) == text_of(kind, plain, speakers=False)


@pytest.mark.parametrize("speakers", [True, False])
def test_json_always_has_the_speakers(speakers: bool) -> None:
    assert Transcript.model_validate_json(text_of(ExportFormat.JSON)).speakers == TALK.speakers
    with pytest.raises(ValueError, match="always has speakers"):
        render(job_of(TALK), ExportFormat.JSON, speakers=speakers)
