"""WebVTT subtitles. Source: W3C, WebVTT, section 4."""

from html import escape

from backend.export.cues import Cue, cues_of
from backend.export.speaker_names import SpeakerNames
from backend.export.timecode import timecode
from contracts.transcription import Transcript


def to_vtt(transcript: Transcript, names: SpeakerNames | None = None) -> str:
    """Return the transcript as cues, with markup in the text escaped.

    Args:
        names: annotate the voice of each cue, or of each of its lines if there are two voices.
    """
    return "WEBVTT\n\n" + "".join(
        f"{timecode(cue.start_ms, '.')} --> {timecode(cue.end_ms, '.')}\n"
        f"{_text(cue, names or {})}\n\n"
        for cue in cues_of(transcript)
    )


def _text(cue: Cue, names: SpeakerNames) -> str:
    if len(cue.speakers) == 1:
        return _voice("\n".join(cue.lines), names.get(cue.speakers[0] or ""))
    return "\n".join(
        _voice(line, names.get(speaker or ""))
        for line, speaker in zip(cue.lines, cue.speakers, strict=True)
    )


def _voice(text: str, name: str | None) -> str:
    """Return a text without markup as a voice span."""
    written = escape(text, quote=False)
    return f"<v {escape(name, quote=False)}>{written}</v>" if name else written
