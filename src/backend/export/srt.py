"""SubRip subtitles."""

from backend.export.cues import cues_of
from backend.export.speaker_names import SpeakerNames
from backend.export.timecode import timecode
from contracts.transcription import Transcript

_REPLACEMENTS = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")"})
"""SubRip has no escapes: replace the characters that players read as tags or arrows."""


def to_srt(transcript: Transcript, names: SpeakerNames | None = None) -> str:
    """Return the transcript as numbered cues.

    Args:
        names: written where a speaker begins, because SubRip has no field for them.
    """
    return "".join(
        f"{number}\n"
        f"{timecode(cue.start_ms, ',')} --> {timecode(cue.end_ms, ',')}\n"
        f"{chr(10).join(cue.lines).translate(_REPLACEMENTS)}\n\n"
        for number, cue in enumerate(cues_of(transcript, names), start=1)
    )
