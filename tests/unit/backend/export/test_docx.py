"""Documents of Word, read back by python-docx, and looked into as the archives they are."""

import io
import zipfile

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.export import render
from backend.export.plain_text import one_line
from contracts.exports import ExportFormat
from transcripts import segment, transcript
from unit.backend.export.jobs import job_of

TALK = transcript(segment("Раз.", 0, 1), segment("Два.", 1.5, 2), segment("Три.", 3725.9, 3727))


def docx_of(*args, **kwargs) -> bytes:
    return render(job_of(*args, **kwargs), ExportFormat.DOCX)


def test_a_document_has_title_times_and_paragraphs() -> None:
    read = Document(io.BytesIO(docx_of(TALK, name="Совещание 5 марта.mp3")))
    title, *paragraphs = read.paragraphs
    assert (title.text, title.style.name) == ("Совещание 5 марта.mp3", "Title")
    assert [one.text for one in paragraphs] == ["[0:00:00] Раз. Два.", "[1:02:05] Три."]


def test_a_document_without_times_has_the_text_alone() -> None:
    content = render(job_of(TALK), ExportFormat.DOCX, timestamps=False)
    _, *paragraphs = Document(io.BytesIO(content)).paragraphs
    assert [one.text for one in paragraphs] == ["Раз. Два.", "Три."]


def test_a_document_is_titled_as_its_owner_calls_the_job() -> None:
    job = job_of(TALK).model_copy(update={"title": "Совет"})
    read = Document(io.BytesIO(render(job, ExportFormat.DOCX)))
    assert (read.paragraphs[0].text, read.core_properties.title) == ("Совет", "Совет")


def test_its_properties_are_the_recordings_and_not_the_librarys() -> None:
    properties = Document(io.BytesIO(docx_of(TALK, name="я" * 255))).core_properties
    assert (properties.title, properties.language) == ("я" * 255, "ru")
    assert (properties.author, properties.comments) == ("", "")
    assert properties.created.year == 2025


def test_it_is_spell_checked_in_the_language_of_the_transcript() -> None:
    with zipfile.ZipFile(io.BytesIO(docx_of(TALK))) as archive:
        assert 'w:lang w:val="ru"' in archive.read("word/styles.xml").decode()


def test_nothing_in_a_recording_becomes_a_link_a_field_or_a_macro() -> None:
    evil = 'https://example.org {HYPERLINK "x"} <w:hyperlink r:id="1"/> =cmd|x ]]> &amp;'
    content = docx_of(transcript(segment(evil)), name=f"{evil}.mp3")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = archive.read("word/document.xml").decode()
        assert not [name for name in archive.namelist() if "vba" in name.lower()]
        relations = archive.read("word/_rels/document.xml.rels").decode()
    for forbidden in ("<w:hyperlink", "<w:fldSimple", "<w:instrText", "<w:fldChar"):
        assert forbidden not in body
    assert 'TargetMode="External"' not in relations
    assert evil in Document(io.BytesIO(content)).paragraphs[1].text


@pytest.mark.parametrize("forbidden", ["\x00", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_characters_that_xml_forbids_are_left_out(forbidden: str) -> None:
    content = docx_of(transcript(segment(f"да{forbidden}, да")), name=f"a{forbidden}.mp3")
    text = Document(io.BytesIO(content)).paragraphs[1].text
    assert text.split("]")[1].replace(" ", "") == "да,да"


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=80))
def test_any_text_comes_back_from_the_document(text: str) -> None:
    read = Document(io.BytesIO(docx_of(transcript(segment(text)), name=text or "a")))
    said = one_line(text)
    assert [one.text for one in read.paragraphs[1:]] == ([f"[0:00:00] {said}"] if said else [])
