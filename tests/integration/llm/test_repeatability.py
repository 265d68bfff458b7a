"""A chunk gives the same result, whatever other chunks are decoded beside it."""

import numpy as np
import pytest

from contracts.options import ChunkOptions
from integration.llm.conftest import Load
from integration.llm.recordings import samples_of
from llm.engines.protocol import ChunkResult, Samples, SpeechEngine
from speech_corpus import russian_sentences

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine(load: Load) -> SpeechEngine:
    return load("openvino")


@pytest.fixture(scope="module")
def chunks() -> list[Samples]:
    """Two sentences, one second of another, and a longer chunk."""
    first, second, third, *others = [samples_of(one) for one in russian_sentences(6)]
    return [first, second, third[:16_000], np.concatenate(others)[: 16_000 * 14]]


@pytest.mark.parametrize(("beam_size", "temperature"), [(1, 0.0), (2, 0.0), (1, 0.6)])
def test_companions_do_not_change_a_result(
    engine: SpeechEngine, chunks: list[Samples], beam_size: int, temperature: float
) -> None:
    """Otherwise two runs of a recording give two texts, depending on what arrives meanwhile."""
    options = ChunkOptions(
        language="auto", beam_size=beam_size, temperature=temperature, word_timestamps=True
    )
    alone: list[ChunkResult] = [engine.transcribe([chunk], options)[0] for chunk in chunks]
    assert engine.transcribe(chunks, options) == alone
    assert engine.transcribe(chunks[::-1], options) == alone[::-1]
    assert all(result.segments for result in (alone[0], alone[1], alone[3]))
