"""Word documents: a title, paragraphs with or without speakers and start times, and notes."""

from io import BytesIO

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import RGBColor
from docx.styles.style import CharacterStyle

from backend.export.notes import NotesSection
from backend.export.paragraphs import paragraphs_of
from backend.export.plain_text import one_line
from backend.export.speaker_names import SpeakerNames
from backend.export.timecode import stamp
from contracts.jobs import Job
from contracts.transcription import Transcript

_TIME_STYLE = "Time"
_GREY = RGBColor(0x80, 0x80, 0x80)
_MAX_PROPERTY_CHARS = 255
"""Limit of a core property. Source: ECMA-376, part 2, section 11."""


def to_docx(
    job: Job, transcript: Transcript, names: SpeakerNames, notes: NotesSection, *, timestamps: bool
) -> bytes:
    """Return a document whose title is the job's, else the file name.

    All content is written as plain runs, so it cannot become a field, a link or a macro.

    Args:
        names: written above each paragraph, with its time beside the name.
        timestamps: write the start time before each paragraph.
    """
    document = Document()
    title = one_line(job.title or job.file.name)
    _set_properties(document, title, job, transcript.language)
    document.add_heading(title, level=0)
    for paragraph in paragraphs_of(transcript):
        written = document.add_paragraph()
        name = names.get(paragraph.speaker or "")
        if name:
            written.add_run(name).bold = True
        if timestamps:
            time = stamp(paragraph.start)
            written.add_run(f" {time}" if name else f"{time} ", style=_TIME_STYLE)
        if name:
            written.add_run().add_break()
        written.add_run(paragraph.text)
    _add_notes(document, notes)
    content = BytesIO()
    document.save(content)
    return content.getvalue()


def _add_notes(document: DocumentType, notes: NotesSection) -> None:
    lines = list(notes.lines())
    if lines:
        document.add_heading(notes.heading, level=1)
    for time, text in lines:
        written = document.add_paragraph()
        written.add_run(f"{time} ", style=_TIME_STYLE)
        written.add_run(text)


def _set_properties(document: DocumentType, title: str, job: Job, language: str) -> None:
    """Replace the properties of the library's template, and set the proofing language."""
    properties = document.core_properties
    properties.title = title[:_MAX_PROPERTY_CHARS]
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.language = language
    properties.created = properties.modified = job.finished_at or job.created_at
    for element in document.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), language)
    time_style = document.styles.add_style(_TIME_STYLE, WD_STYLE_TYPE.CHARACTER)
    assert isinstance(time_style, CharacterStyle)
    time_style.font.color.rgb = _GREY
