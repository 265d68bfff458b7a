"""The reference engine on a tiny checkpoint of the old layout, with random weights.

Its text is noise; what is held here is what must be true of any text.
"""

from pathlib import Path

import numpy as np
import pytest

from contracts.transcription import DecodingOptions, Task
from llm.engines.protocol import Checkpoint, CheckpointError, EngineOptions
from llm.engines.registry import load_engine
from llm.engines.transformers_engine import TransformersEngine
from unit.llm.checkpoints import RUSSIAN, write_old_checkpoint

CPU = EngineOptions("cpu", 1)
NOISE = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> TransformersEngine:
    folder = write_old_checkpoint(tmp_path_factory.mktemp("models") / "old")
    engine = load_engine("auto", Checkpoint("old", "r", folder), CPU)
    assert isinstance(engine, TransformersEngine)
    return engine


def test_an_old_checkpoint_is_told_russian_though_it_forces_english(
    engine: TransformersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = engine._open_network()
    assert network.special.languages["ru"] == RUSSIAN
    read: list[list[int]] = []
    start = network.start_decoder

    def spying(encoded):
        decoder = start(encoded)
        advance = decoder.advance

        def note(tokens):
            read.extend(tokens.tolist())
            return advance(tokens)

        monkeypatch.setattr(decoder, "advance", note)
        return decoder

    monkeypatch.setattr(network, "start_decoder", spying)
    (result,) = engine.transcribe([NOISE], DecodingOptions(language="ru"))
    assert result.language == "ru"
    assert [RUSSIAN, network.special.tasks[Task.TRANSCRIBE]] in read
    assert not any(network.special.languages["en"] in tokens for tokens in read)


@pytest.mark.parametrize(
    "options",
    [
        DecodingOptions(),
        DecodingOptions(language="auto", word_timestamps=True),
        DecodingOptions(beam_size=3, word_timestamps=True),
        DecodingOptions(temperature=0.7, task=Task.TRANSLATE),
        DecodingOptions(temperature=1e-40),
        DecodingOptions(prompt="<|en|> Фёмель, Киев " * 30),
    ],
)
def test_text_has_no_special_token_and_times_stay_in_the_chunk(
    engine: TransformersEngine, options: DecodingOptions
) -> None:
    chunks = [NOISE, NOISE[:1], NOISE[:20_000]]
    results = engine.transcribe(chunks, options)
    assert len(results) == 3
    for chunk, result in zip(chunks, results, strict=True):
        edges = [edge for s in result.segments for edge in (s.start, s.end)]
        assert edges == sorted(edges)
        assert all(0 <= edge <= round(len(chunk) / 16_000, 3) for edge in edges)
        assert 0 <= result.language_probability <= 1
        for segment in result.segments:
            assert "<|" not in segment.text
            assert (segment.words is not None) == options.word_timestamps
            times = [t for w in segment.words or [] for t in (w.start, w.end)]
            assert times == sorted(times)
            assert all(segment.start <= t <= segment.end for t in times)


def test_a_batch_gives_what_its_chunks_give_alone(engine: TransformersEngine) -> None:
    chunks = [NOISE, NOISE[:20_000], -NOISE]
    together = engine.transcribe(chunks, DecodingOptions())
    alone = [engine.transcribe([chunk], DecodingOptions())[0] for chunk in chunks]
    assert [[s.text for s in r.segments] for r in together] == [
        [s.text for s in r.segments] for r in alone
    ]


def test_the_same_chunk_gives_the_same_text_also_when_drawn(engine: TransformersEngine) -> None:
    options = DecodingOptions(temperature=1.0)
    assert engine.transcribe([NOISE], options) == engine.transcribe([NOISE], options)


def test_a_checkpoint_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    folder = write_old_checkpoint(tmp_path / "broken")
    (folder / "pytorch_model.bin").write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load_engine("auto", Checkpoint("broken", "r", folder), CPU)


def test_a_checkpoint_that_lacks_weights_is_refused(tmp_path: Path) -> None:
    import torch  # noqa: PLC0415

    folder = write_old_checkpoint(tmp_path / "partial")
    state = torch.load(folder / "pytorch_model.bin")
    del state["model.decoder.layers.1.fc1.weight"]
    torch.save(state, folder / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="fc1"):
        load_engine("auto", Checkpoint("partial", "r", folder), CPU)


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="transformers"):
        load_engine("steam", Checkpoint("x", "r", tmp_path), CPU)
