"""SubRip subtitles."""

from backend.export.cues import cues_of
from backend.export.timecode import timecode
from contracts.transcription import Transcript

_HARMLESS = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")"})
"""SubRip knows no escapes: what players read as a tag or an arrow gets another sign."""


def to_srt(transcript: Transcript) -> str:
    """Return the transcript as numbered cues."""
    return "".join(
        f"{number}\n"
        f"{timecode(cue.start_ms, ',')} --> {timecode(cue.end_ms, ',')}\n"
        f"{chr(10).join(cue.lines).translate(_HARMLESS)}\n\n"
        for number, cue in enumerate(cues_of(transcript), start=1)
    )
