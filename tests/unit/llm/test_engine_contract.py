"""The fake engine of other tests obeys the same rules as the real ones."""

import numpy as np
import pytest

from contracts.options import ChunkOptions
from llm.engines.protocol import Checkpoint, EngineOptions, PunctuationEngine
from llm.engines.registry import load_engine
from unit.llm.checkpoints import write_old_checkpoint
from unit.llm.fake_engine import FakeEngine


@pytest.fixture(params=["fake", "openvino", "transformers"])
def engine(request: pytest.FixtureRequest, tmp_path) -> PunctuationEngine:
    if request.param == "fake":
        return FakeEngine()
    checkpoint = Checkpoint("old", "r", write_old_checkpoint(tmp_path / "old"))
    loaded = load_engine(request.param, checkpoint, EngineOptions("cpu", 1, tmp_path / "cache"))
    assert isinstance(loaded, PunctuationEngine)
    return loaded


def test_an_engine_answers_each_chunk_in_order_and_within_its_time(
    engine: PunctuationEngine,
) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 48_000).astype(np.float32)
    chunks = [noise, noise[:16_000]]
    results = engine.transcribe(chunks, ChunkOptions(language="auto", word_timestamps=True))
    assert len(results) == len(chunks)
    for chunk, result in zip(chunks, results, strict=True):
        assert result.language != "auto"
        for segment in result.segments:
            assert 0 <= segment.start <= segment.end <= len(chunk) / 16_000
            assert segment.words is not None
    assert engine.identity.engine
    assert "ru" in engine.capabilities.languages
    engine.close()
    with pytest.raises((RuntimeError, AssertionError)):
        engine.transcribe(chunks, ChunkOptions())


@pytest.mark.parametrize("beam_size", [1, 3])
def test_an_engine_accepts_a_glossary(engine: PunctuationEngine, beam_size: int) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    options = ChunkOptions(glossary="Аэлита\nC++\n中文 = \U0001f600a", beam_size=beam_size)
    (result,) = engine.transcribe([noise], options)
    assert all(attempt.avg_logprob <= 0 for attempt in result.attempts)
    engine.close()


@pytest.mark.parametrize(
    "words",
    [
        ["его", "сына", "я", "знал"],
        ["пал", "под", "киевом;", "iPhone", "ещё", "кое-что", "ß", "ŉ", "«мир»", "5", "%"],
        ["\u0301", "\u200b", "<|endoftext|>", "中文", "😀", "...", "-"],
        ["а"] * 600,
    ],
)
def test_punctuating_never_changes_the_words(engine: PunctuationEngine, words: list[str]) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    both = engine.punctuate([noise, noise[:8_000]], [words, words[:1]], "ru")
    assert [len(punctuated) for punctuated in both] == [len(words), 1]
    for given, punctuated in zip(words, both[0], strict=True):
        core = punctuated[: len(given)]
        assert core.lower() == given.lower()
        assert punctuated[len(given) :] in ("", ",", ".", "?", "!", ":", " —")
    engine.close()
