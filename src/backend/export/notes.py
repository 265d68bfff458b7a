"""The owner's notes in files, after the text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend.export.plain_text import one_line
from backend.export.timecode import stamp
from contracts.notes import Note

_HEADINGS = {"en": "Notes", "ru": "Заметки"}


@dataclass(frozen=True)
class NotesSection:
    """A heading and the notes under it, by time; without notes a file has no such section."""

    heading: str
    notes: Sequence[Note]

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the time, as `[0:01:05]`, and the text of each note."""
        for note in self.notes:
            yield stamp(note.time), one_line(note.text)


def notes_section(notes: Sequence[Note], language: str) -> NotesSection:
    """Return notes with a heading in one of `file_language.LANGUAGES`."""
    return NotesSection(_HEADINGS[language], notes)
