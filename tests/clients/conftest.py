import pytest

from speech_corpus import russian_sentences
from testbed.services import Services
from testbed.speech import Sentence

LARGEST_WER = 0.35
"""Of one sentence by whisper-base: enough to tell it from another one."""


@pytest.fixture(scope="module")
def base_url(services: Services) -> str:
    """OpenAI's API of the backend."""
    return f"{services.backend.url}/v1"


@pytest.fixture(scope="module")
def sentence() -> Sentence:
    return russian_sentences(1)[0]
