"""The names of speakers in files."""

from collections.abc import Mapping

from backend.export.plain_text import one_line
from contracts.transcription import Transcript

SpeakerNames = Mapping[str, str]
"""Name by id of those speakers whose names are shown."""

_UNNAMED = {"ru": "Говорящий {number}", "en": "Speaker {number}"}
"""As in the page, by language."""


def speaker_names(transcript: Transcript, language: str) -> dict[str, str]:
    """Return the name of each speaker, on one line; «Говорящий 1» for one without a name.

    Args:
        language: one of `file_language.LANGUAGES`, for those without a name.
    """
    unnamed = _UNNAMED[language]
    return {
        each.id: one_line(each.name or "") or unnamed.format(number=each.id.removeprefix("S"))
        for each in transcript.speakers
    }
