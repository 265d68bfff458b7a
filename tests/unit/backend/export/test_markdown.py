"""If these fail, a note-taking program shows another title or text than the page."""

import pytest
import yaml

from backend.export import render
from contracts.exports import ExportFormat
from contracts.transcription import Transcript
from transcripts import conversation
from unit.backend.export.jobs import job_of

TALK = conversation(
    ("S1", "Добрый день."), ("S1", "Слушаю."), ("S2", "Здравствуйте."), names={"S1": "Анна"}
)


def parts_of(what: Transcript, name: str = "Утро.mp3") -> tuple[dict[str, object], str]:
    """Return the front matter, as YAML reads it, and the body."""
    written = render(job_of(what, name), ExportFormat.MD).decode()
    opening, properties, body = written.split("---\n", 2)
    assert not opening
    return yaml.safe_load(properties), body


def test_it_begins_with_what_is_known_of_the_recording() -> None:
    properties, body = parts_of(TALK)
    assert {name: str(value) for name, value in properties.items() if name != "speakers"} == {
        "title": "Утро.mp3",
        "date": "2025-03-01",
        "duration": "00:00:03",
        "language": "ru",
    }
    assert properties["speakers"] == ["Анна", "Говорящий 2"]
    assert body == "\n**Анна:** Добрый день. Слушаю.\n\n**Говорящий 2:** Здравствуйте.\n"


def test_times_and_names_are_as_asked_for() -> None:
    content = render(job_of(TALK), ExportFormat.MD, timestamps=True, speakers=False).decode()
    assert "\n[0:00:02] Здравствуйте.\n" in content
    assert "speakers" not in content


@pytest.mark.parametrize(
    "title", ['a: "b" # c', "---", "no", "\\n {x} 'y'", "- раз\n- два", "1:30"]
)
def test_any_title_is_read_as_it_is(title: str) -> None:
    properties, _ = parts_of(conversation((None, "Да.")), name=title)
    assert properties["title"] == " ".join(title.split())


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("# Раз", "\\# Раз"),
        ("- раз", "\\- раз"),
        ("12. декабря", "12\\. декабря"),
        ("*а* _б_ `в` [г](д)", "\\*а\\* \\_б\\_ \\`в\\` \\[г\\](д)"),
        ("<b> &amp; 5 - 3 = 2.", "\\<b\\> \\&amp; 5 - 3 = 2."),
        ("---", "\\---"),
    ],
)
def test_no_speech_becomes_markup(said: str, written: str) -> None:
    assert parts_of(conversation((None, said)))[1] == f"\n{written}\n"


def test_no_name_becomes_markup() -> None:
    _, body = parts_of(conversation(("S1", "Да."), names={"S1": "**А** <i>\n# Б"}))
    assert body == "\n**\\*\\*А\\*\\* \\<i\\> \\# Б:** Да.\n"
