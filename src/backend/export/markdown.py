"""Markdown with front matter, as note-taking programs read it.

Source: CommonMark 0.31; YAML 1.2, of which JSON is a subset, so its strings need no other quotes.
"""

import json
import re

from backend.export.notes import NotesSection
from backend.export.paragraphs import Paragraph, paragraphs_of
from backend.export.plain_text import one_line
from backend.export.speaker_names import SpeakerNames
from backend.export.timecode import clock, stamp
from contracts.jobs import Job
from contracts.transcription import Transcript

_marks = re.compile(r"[\\`*_\[\]<>#|~$&^]|=(?==)|%(?=%)|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")
"""Characters that CommonMark and the programs that extend it may read as markup."""


def to_markdown(
    job: Job, transcript: Transcript, names: SpeakerNames, notes: NotesSection, *, timestamps: bool
) -> str:
    """Return title, date, duration, language and speakers, the text in paragraphs, and the notes.

    Args:
        names: written before each paragraph, after the time.
        timestamps: write the start time before each paragraph.
    """

    def written(paragraph: Paragraph) -> str:
        time = f"{stamp(paragraph.start)} " if timestamps else ""
        name = names.get(paragraph.speaker or "")
        bold = f"**{_escaped(name)}:** " if name else ""
        return f"\n{time}{bold}{_escaped(paragraph.text)}\n"

    text = "".join(map(written, paragraphs_of(transcript)))
    return _front_matter(job, transcript, names) + text + _notes(notes)


def _notes(notes: NotesSection) -> str:
    lines = [f"- {time} {_escaped(text)}" for time, text in notes.lines()]
    return "\n".join(["", f"## {notes.heading}", "", *lines, ""]) if lines else ""


def _front_matter(job: Job, transcript: Transcript, names: SpeakerNames) -> str:
    """Return the properties; the date is that of the upload in UTC."""
    lines = [
        "---",
        f"title: {_quoted(job.title or job.file.name)}",
        f"date: {job.created_at.date().isoformat()}",
        f"duration: {_quoted(clock(transcript.duration_s))}",
        f"language: {_quoted(transcript.language)}",
    ]
    if names:
        lines += ["speakers:", *(f"  - {_quoted(name)}" for name in names.values())]
    return "\n".join([*lines, "---", ""])


def _quoted(text: str) -> str:
    return json.dumps(one_line(text), ensure_ascii=False)


def _escaped(text: str) -> str:
    return _marks.sub(r"\\\g<0>", text)
