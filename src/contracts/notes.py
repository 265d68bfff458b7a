"""Notes of an owner on moments of a recording."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from contracts.jobs import one_line
from contracts.transcription import Seconds

MAX_NOTES = 500
"""Of one transcript."""

MAX_NOTE_CHARS = 2000
MAX_NOTE_TIME_S = 1_000_000.0
"""Latest time of a note, in seconds; longer than any recording."""

NoteTime = Annotated[Seconds, Field(le=MAX_NOTE_TIME_S, description="Seconds from the beginning.")]
NoteText = Annotated[str, BeforeValidator(one_line), Field(min_length=1, max_length=MAX_NOTE_CHARS)]


class NewNote(BaseModel):
    """Body of `POST /v1/transcriptions/{id}/notes`."""

    model_config = ConfigDict(extra="forbid")

    time: NoteTime
    text: NoteText


class NoteChange(BaseModel):
    """Body of `PATCH /v1/transcriptions/{id}/notes/{note}`."""

    model_config = ConfigDict(extra="forbid")

    text: NoteText


class Note(BaseModel):
    """A note, which belongs to a moment of the recording."""

    id: int
    time: Seconds = Field(description="Seconds from the beginning.")
    text: str


class NoteList(BaseModel):
    """All notes of a transcript, by time."""

    items: list[Note]
