"""Every engine on a tiny checkpoint of the old layout, with random weights.

Its text is noise, so these tests check what must hold for any text.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from contracts.options import ChunkOptions, Task
from llm.engines.protocol import Checkpoint, CheckpointError, EngineOptions
from llm.engines.registry import load_engine
from llm.engines.whisper.engine import WhisperEngine
from unit.llm.checkpoints import RUSSIAN, write_old_checkpoint
from unit.llm.engines.conftest import Load

pytestmark = pytest.mark.whole_app

ENGINES = ["openvino", "transformers"]
NOISE = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
TONE = (0.3 * np.sin(0.3 * np.arange(32_000))).astype(np.float32)


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, load: Load) -> WhisperEngine:
    return load(request.param)


def options_of(folder: Path) -> EngineOptions:
    return EngineOptions("cpu", 1, folder / "cache")


def texts(engine: WhisperEngine, chunks: list, options: ChunkOptions) -> list[list[str]]:
    return [[s.text for s in one.segments] for one in engine.transcribe(chunks, options)]


def test_an_old_checkpoint_that_forces_english_decodes_the_requested_language(
    engine: WhisperEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = engine.network
    special = network.vocabulary.special
    assert special.languages["ru"] == RUSSIAN
    read: list[list[int]] = []
    start = network.start_decoder

    def spying_start(encoder_outputs):
        decoder = start(encoder_outputs)
        advance = decoder.advance

        def note(tokens):
            read.extend(tokens.tolist())
            return advance(tokens)

        monkeypatch.setattr(decoder, "advance", note)
        return decoder

    monkeypatch.setattr(network, "start_decoder", spying_start)
    (result,) = engine.transcribe([NOISE], ChunkOptions(language="ru"))
    assert result.language == "ru"
    assert [RUSSIAN, special.tasks[Task.TRANSCRIBE], special.no_timestamps] in read
    assert not any(special.languages["en"] in tokens for tokens in read)


@pytest.mark.parametrize(
    "options",
    [
        ChunkOptions(),
        ChunkOptions(language="auto", word_timestamps=True),
        ChunkOptions(beam_size=3, word_timestamps=True),
        ChunkOptions(temperature=0.7, task=Task.TRANSLATE),
        ChunkOptions(temperature=1e-40),
        ChunkOptions(prompt="<|en|> Фёмель, Киев " * 30),
    ],
)
def test_text_has_no_special_token_and_times_stay_in_the_chunk(
    engine: WhisperEngine, options: ChunkOptions
) -> None:
    chunks = [NOISE, NOISE[:1], TONE[:20_000]]
    results = engine.transcribe(chunks, options)
    assert len(results) == 3
    assert any(result.segments for result in results)
    for chunk, result in zip(chunks, results, strict=True):
        edges = [edge for s in result.segments for edge in (s.start, s.end)]
        assert edges == sorted(edges)
        assert all(0 <= edge <= round(len(chunk) / 16_000, 3) for edge in edges)
        assert 0 <= result.language_probability <= 1
        assert [attempt.kept for attempt in result.attempts].count(True) == 1
        for segment in result.segments:
            assert "<|" not in segment.text
            assert (segment.words is not None) == options.word_timestamps
            times = [t for w in segment.words or [] for t in (w.start, w.end)]
            assert times == sorted(times)
            assert all(segment.start <= t <= segment.end for t in times)


@pytest.mark.parametrize(("beam_size", "temperature"), [(1, 0), (3, 0), (1, 0.7)])
def test_a_batch_gives_the_same_texts_as_its_chunks_alone(
    engine: WhisperEngine, beam_size: int, temperature: float
) -> None:
    """Otherwise a text would change with the requests that happen to arrive together."""
    chunks = [NOISE, TONE, -NOISE[:31_500], np.tile(NOISE, 12), NOISE[::-1].copy(), TONE[:8000]]
    options = ChunkOptions(beam_size=beam_size, temperature=temperature)
    alone = [texts(engine, [chunk], options)[0] for chunk in chunks]
    assert texts(engine, chunks, options) == alone
    assert len({str(text) for text in alone}) > 1


@pytest.mark.parametrize("beam_size", [1, 3])
def test_a_batch_gives_the_same_results_when_others_are_computed_between_its_steps(
    engine: WhisperEngine, beam_size: int
) -> None:
    """As when a dictation passes a lecture; its texts and times must not mix with the lecture's."""
    options = ChunkOptions(word_timestamps=True, beam_size=beam_size)
    chunks = [NOISE, np.tile(NOISE, 5), np.tile(NOISE, 3)]
    expected, n_calls = engine.transcribe(chunks, options), 0
    other = np.sin(0.3 * np.arange(20_000, dtype=np.float32))
    of_other = engine.transcribe([other], options)

    def transcribe_another() -> None:
        nonlocal n_calls
        n_calls += 1
        if n_calls % 5 == 0:
            assert engine.transcribe([other], options) == of_other

    assert engine.transcribe(chunks, options, transcribe_another) == expected
    assert n_calls > 10


def test_a_chunk_gives_the_same_text_each_time_even_when_sampled(engine: WhisperEngine) -> None:
    options = ChunkOptions(temperature=1.0)
    assert engine.transcribe([NOISE], options) == engine.transcribe([NOISE], options)


def test_the_longest_and_the_shortest_chunk_are_transcribed(
    engine: WhisperEngine,
) -> None:
    chunks = [np.tile(NOISE, 15), NOISE[:1]]
    for result, chunk in zip(engine.transcribe(chunks, ChunkOptions()), chunks, strict=True):
        assert all(s.end <= round(len(chunk) / 16_000, 3) for s in result.segments)
        assert result.attempts[-1].context_s == 30


@pytest.mark.parametrize("name", ENGINES)
def test_a_broken_checkpoint_is_refused_with_its_name(tmp_path: Path, name: str) -> None:
    folder = write_old_checkpoint(tmp_path / "broken")
    (folder / "pytorch_model.bin").write_bytes(b"not weights")
    with pytest.raises(CheckpointError, match="broken cannot be loaded"):
        load_engine(name, Checkpoint("broken", "r", folder), options_of(tmp_path))


@pytest.mark.parametrize("name", ENGINES)
def test_a_checkpoint_that_lacks_weights_is_refused(tmp_path: Path, name: str) -> None:
    folder = write_old_checkpoint(tmp_path / "partial")
    state = torch.load(folder / "pytorch_model.bin")
    del state["model.decoder.layers.1.fc1.weight"]
    torch.save(state, folder / "pytorch_model.bin")
    checkpoint = Checkpoint("partial", "r", folder)
    for _ in range(2):  # a partial export must not be used the second time
        with pytest.raises(CheckpointError, match="fc1"):
            load_engine(name, checkpoint, options_of(tmp_path))


@pytest.mark.parametrize("name", ENGINES)
def test_pickled_code_is_refused_and_not_run(tmp_path: Path, name: str) -> None:
    class Touch:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    folder = write_old_checkpoint(tmp_path / "evil")
    state = torch.load(folder / "pytorch_model.bin")
    for new_format in (True, False):
        torch.save(
            state | {"model.extra": Touch()},
            folder / "pytorch_model.bin",
            _use_new_zipfile_serialization=new_format,
        )
        with pytest.raises(CheckpointError, match="evil cannot be loaded"):
            load_engine(name, Checkpoint("evil", "r", folder), options_of(tmp_path))
        assert not (tmp_path / "ran").exists()
    torch.load(folder / "pytorch_model.bin", weights_only=False)
    assert (tmp_path / "ran").exists()  # proves that the pickle contained code


@pytest.mark.parametrize("name", ENGINES)
def test_a_model_that_is_not_multilingual_is_refused(tmp_path: Path, name: str) -> None:
    folder = write_old_checkpoint(tmp_path / "english")
    for file in ("added_tokens.json", "special_tokens_map.json"):
        text = (folder / file).read_text("utf-8")
        (folder / file).write_text(text.replace("<|ru|>", "<|xx-no|>"))
    with pytest.raises(CheckpointError, match="multilingual"):
        load_engine(name, Checkpoint("english", "r", folder), options_of(tmp_path))


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="openvino, transformers"):
        load_engine("steam", Checkpoint("x", "r", tmp_path), options_of(tmp_path))


def test_auto_is_openvino_on_a_cpu(load: Load) -> None:
    assert load("auto").identity.engine == "openvino"


def test_openvino_refuses_a_gpu(tmp_path: Path, tiny: Checkpoint) -> None:
    with pytest.raises(CheckpointError, match="LLM_DEVICE"):
        load_engine("openvino", tiny, EngineOptions("cuda:1", 1, tmp_path))


def test_the_language_is_detected_whatever_is_requested(engine: WhisperEngine) -> None:
    """Otherwise nobody learns that a recording is in another language than was chosen."""
    (detected,) = engine.transcribe([NOISE], ChunkOptions(language="auto"))
    other = "ru" if detected.language != "ru" else "en"
    (result,) = engine.transcribe([NOISE], ChunkOptions(language=other))
    assert result.language == other
    assert result.detected_language == detected.language == detected.detected_language
    assert result.detected_language_probability == detected.language_probability
