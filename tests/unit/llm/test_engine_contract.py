"""The fake engine of other tests obeys the same rules as the real ones."""

import numpy as np
import pytest

from contracts.transcription import DecodingOptions
from llm.engines.protocol import Checkpoint, EngineOptions, SpeechEngine
from llm.engines.registry import load_engine
from unit.llm.checkpoints import write_old_checkpoint
from unit.llm.fake_engine import FakeEngine


@pytest.fixture(params=["fake", "openvino", "transformers"])
def engine(request: pytest.FixtureRequest, tmp_path) -> SpeechEngine:
    if request.param == "fake":
        return FakeEngine()
    checkpoint = Checkpoint("old", "r", write_old_checkpoint(tmp_path / "old"))
    return load_engine(request.param, checkpoint, EngineOptions("cpu", 1, tmp_path / "cache"))


def test_an_engine_answers_each_chunk_in_order_and_within_its_time(engine: SpeechEngine) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32)
    chunks = [noise, noise[:16_000]]
    results = engine.transcribe(chunks, DecodingOptions(language="auto", word_timestamps=True))
    assert len(results) == len(chunks)
    for chunk, result in zip(chunks, results, strict=True):
        assert result.language != "auto"
        for segment in result.segments:
            assert 0 <= segment.start <= segment.end <= len(chunk) / 16_000
            assert segment.words is not None
    assert engine.identity.engine
    engine.close()
    with pytest.raises((RuntimeError, AssertionError)):
        engine.transcribe(chunks, DecodingOptions())
