"""SubRip subtitles."""

from backend.export.cues import cues_of
from backend.export.timecode import timecode
from contracts.transcription import Transcript

_REPLACEMENTS = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")"})
"""SubRip has no escapes: replace the characters that players read as tags or arrows."""


def to_srt(transcript: Transcript) -> str:
    """Return the transcript as numbered cues."""
    return "".join(
        f"{number}\n"
        f"{timecode(cue.start_ms, ',')} --> {timecode(cue.end_ms, ',')}\n"
        f"{chr(10).join(cue.lines).translate(_REPLACEMENTS)}\n\n"
        for number, cue in enumerate(cues_of(transcript), start=1)
    )
