"""The language of what a file says besides the transcript."""

from contracts.languages import preferred_languages
from contracts.transcription import Transcript

LANGUAGES = ("en", "ru")
"""Those of the page; the first is the default."""


def file_language(transcript: Transcript, accept_language: str | None) -> str:
    """Return the language of headings and of speakers without a name.

    Args:
        accept_language: value of that header; None: the language of the transcript.
    """
    wanted = [*preferred_languages(accept_language or ""), transcript.language]
    return next((code for code in wanted if code in LANGUAGES), LANGUAGES[0])
