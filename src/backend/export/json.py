"""JSON: the whole transcript, for programs."""

from collections.abc import Sequence
from typing import Any

from contracts.notes import Note
from contracts.spacing import join_texts
from contracts.transcription import Transcript


class _TranscriptWithNotes(Transcript):
    notes: list[Note]


def to_json(transcript: Transcript, notes: Sequence[Note]) -> str:
    """Return the transcript as in the API, indented, and the notes; `text` has the corrections.

    What remembered voices suggest is left out: it concerns nobody but the owner.
    """
    text = join_texts(segment.text for segment in transcript.segments)
    fields: dict[str, Any] = dict(transcript) | {"text": text, "notes": list(notes)}
    written = _TranscriptWithNotes(**fields)
    without = {"speakers": {"__all__": {"suggestion"}}}
    return written.model_dump_json(indent=2, exclude=without) + "\n"
