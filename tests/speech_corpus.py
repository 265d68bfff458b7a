"""Speech for tests; a test that cannot get it is skipped and says why."""

from pathlib import Path

import pytest

from testbed import speech
from testbed.debian_packages import PackagesUnavailableError
from testbed.speech import Sentence


def russian_sentences(n: int) -> list[Sentence]:
    """Return the first n sentences of the corpus, or skip the test."""
    try:
        return speech.russian_sentences(n)
    except PackagesUnavailableError as error:
        pytest.skip(str(error))


def shared_speech() -> Path:
    """Return the folder of recordings beside the repository, or skip the test."""
    if not (speech.SHARED / "manifest.jsonl").is_file():
        pytest.skip(f"{speech.SHARED} has no manifest.jsonl")
    return speech.SHARED
