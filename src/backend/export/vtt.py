"""WebVTT subtitles. Source: W3C, WebVTT, section 4."""

from html import escape

from backend.export.cues import cues_of
from backend.export.timecode import timecode
from contracts.transcription import Transcript


def to_vtt(transcript: Transcript) -> str:
    """Return the transcript as cues, with markup in the text escaped."""
    return "WEBVTT\n\n" + "".join(
        f"{timecode(cue.start_ms, '.')} --> {timecode(cue.end_ms, '.')}\n"
        f"{escape(chr(10).join(cue.lines), quote=False)}\n\n"
        for cue in cues_of(transcript)
    )
