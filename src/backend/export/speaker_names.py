"""The names of speakers in files."""

from collections.abc import Mapping, Sequence

from backend.export.plain_text import one_line
from contracts.languages import preferred_languages
from contracts.transcription import Transcript

SpeakerNames = Mapping[str, str]
"""Name by id of those speakers whose names are shown."""

_UNNAMED = {"ru": "Говорящий {number}", "en": "Speaker {number}"}
"""As in the page, by language."""

_DEFAULT = "en"


def speaker_names(transcript: Transcript, accept_language: str | None) -> dict[str, str]:
    """Return the name of each speaker, on one line; «Говорящий 1» for one without a name.

    Args:
        accept_language: value of that header, for those without a name; None: the language of the
            transcript.
    """
    wanted = preferred_languages(accept_language or "")
    unnamed = _UNNAMED[_known_language([*wanted, transcript.language])]
    return {
        each.id: one_line(each.name or "") or unnamed.format(number=each.id.removeprefix("S"))
        for each in transcript.speakers
    }


def _known_language(codes: Sequence[str]) -> str:
    return next((code for code in codes if code in _UNNAMED), _DEFAULT)
