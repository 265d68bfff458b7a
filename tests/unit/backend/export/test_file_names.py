"""The names of exported files, alone and side by side in a zip."""

import pytest

from backend.export.file_names import file_name, portable_name
from contracts.exports import ExportFormat
from transcripts import transcript
from unit.backend.export.jobs import job_of


@pytest.mark.parametrize(
    ("title", "name"), [(None, "Утро.docx"), ("Итоги 5/6. Черновик", "Итоги 5/6. Черновик.docx")]
)
def test_a_file_is_named_by_the_title_else_as_the_recording(title: str | None, name: str) -> None:
    job = job_of(transcript(), name="Утро.mp3").model_copy(update={"title": title})
    assert file_name(job, ExportFormat.DOCX) == name


def test_names_are_safe_on_every_file_system_and_differ_by_more_than_case() -> None:
    names = [
        "../../etc/passwd.txt",
        "con.txt",
        'a<b>:"/\\|?*\n.txt',
        "... .txt",
        "Ж" * 300 + ".txt",
        "Й.txt",
        "й.txt",
        "й.txt",
    ]
    taken = set[str]()
    assert [portable_name(name, taken) for name in names] == [
        "_.._etc_passwd.txt",
        "_con.txt",
        "a_b_________.txt",
        "_.txt",
        "Ж" * 90 + ".txt",
        "Й.txt",
        "й (2).txt",
        "й (3).txt",
    ]
