"""If these fail, words of GigaAM, T-one, Parakeet, NeMo or Vosk are lost, wrong, or at wrong times.

The networks are tiny, and the loader is onnx-asr's own, with the file layout of each repository.
"""

from pathlib import Path

import numpy as np
import pytest

from contracts.options import ChunkOptions
from llm.engines.onnx.engine import OnnxEngine
from llm.engines.protocol import CheckpointError, ComputeType, EngineOptions, Samples
from llm.engines.registry import load_engine
from llm.model_store.local import LocalCheckpoint
from unit.llm import onnx_models
from unit.llm.checkpoints import write_old_checkpoint
from unit.llm.onnx_models import LETTER_S, SOUND, SPACED_SOUND, spoken

WRITERS = {
    "gigaam-v3-ctc": onnx_models.write_gigaam_ctc,
    "gigaam-v3-rnnt": onnx_models.write_gigaam_rnnt,
    "gigaam-v3-e2e-ctc": onnx_models.write_gigaam_e2e_ctc,
    "gigaam-v3-e2e-rnnt": onnx_models.write_gigaam_e2e_rnnt,
    "nemo-conformer-ctc": onnx_models.write_nemo_ctc,
    "nemo-conformer-tdt": onnx_models.write_parakeet_tdt,
    "t-one-ctc": onnx_models.write_t_one,
    "kaldi-rnnt": onnx_models.write_vosk,
}
WITH_WORDS = ChunkOptions(word_timestamps=True)


def load(folder: Path, engine: str = "auto") -> OnnxEngine:
    checkpoint = LocalCheckpoint(folder).find()
    loaded = load_engine(engine, checkpoint, EngineOptions("cpu", 1, folder))
    assert isinstance(loaded, OnnxEngine)
    return loaded


def sound_for(model_type: str) -> Samples:
    has_space_token = model_type in ("gigaam-v3-ctc", "gigaam-v3-e2e-ctc", "t-one-ctc")
    return spoken(SPACED_SOUND if has_space_token else SOUND)


@pytest.mark.parametrize("model_type", WRITERS)
@pytest.mark.parametrize("suffix", ["", ".int8"])
def test_each_model_is_found_by_its_files_and_times_its_words(
    tmp_path: Path, model_type: str, suffix: str
) -> None:
    engine = load(WRITERS[model_type](tmp_path / "model", suffix))
    sound = sound_for(model_type)
    (result,) = engine.transcribe([sound], WITH_WORDS)
    segments = result.segments
    assert " ".join(each.text for each in segments).replace(".", "").lower() == "аб аб"
    words = [word for each in segments for word in each.words or []]
    expected = [(1, 3), (4, 6)]
    for word, (first, end) in zip(words, expected, strict=True):
        assert word.start == pytest.approx(first * LETTER_S, abs=0.1)
        assert word.end == pytest.approx(end * LETTER_S, abs=0.1)
        assert 0 <= word.probability <= 1
    assert all(each.avg_logprob <= 0 for each in segments)
    assert engine.identity.engine == "onnx"


def test_a_batch_is_answered_in_order_and_silence_has_no_text(tmp_path: Path) -> None:
    """Chunks of several lengths share a run of the network, and the shortest has one sample."""
    engine = load(onnx_models.write_gigaam_rnnt(tmp_path))
    sound, silence = spoken(SOUND), np.zeros(16_000, np.float32)
    chunks = [silence, sound, silence[:1], spoken("_аб_"), *[silence] * 3, sound]
    results = engine.transcribe(chunks, ChunkOptions())
    texts = [" ".join(segment.text for segment in each.segments) for each in results]
    assert texts == ["", "аб аб", "", "аб", "", "", "", "аб аб"]
    assert {(each.language, each.language_probability) for each in results} == {("ru", 1.0)}
    assert all(segment.words is None for each in results for segment in each.segments)


def test_a_russian_model_takes_every_language_for_its_own(tmp_path: Path) -> None:
    engine = load(onnx_models.write_t_one(tmp_path))
    for options in (ChunkOptions(language="auto"), ChunkOptions(language_only=True)):
        (result,) = engine.transcribe([spoken("_а_")], options)
        assert (result.language, bool(result.segments)) == ("ru", not options.language_only)


def test_a_closed_engine_refuses_work(tmp_path: Path) -> None:
    engine = load(onnx_models.write_gigaam_ctc(tmp_path))
    engine.close()
    with pytest.raises(RuntimeError):
        engine.transcribe([spoken("_а_")], ChunkOptions())


@pytest.mark.parametrize(
    ("model_type", "languages", "punctuation", "max_chunk_s"),
    [
        ("gigaam-v3-ctc", {"ru"}, False, 25),
        ("gigaam-v3-e2e-ctc", {"ru"}, True, 25),
        ("t-one-ctc", {"ru"}, False, 30),
        ("kaldi-rnnt", {"ru"}, False, 30),
        ("nemo-conformer-ctc", {"ru"}, False, 30),
        ("nemo-conformer-tdt", {"ru", "en", "uk", "el"}, True, 30),
    ],
)
def test_a_model_tells_what_it_can_do(
    tmp_path: Path, model_type: str, languages: set[str], punctuation: bool, max_chunk_s: float
) -> None:
    """The backend refuses and cuts by it, and punctuates what comes without marks."""
    can = load(WRITERS[model_type](tmp_path)).capabilities
    assert languages <= set(can.languages)
    assert len(can.languages) in (1, 25)
    assert (can.punctuation, can.max_chunk_s) == (punctuation, max_chunk_s)
    assert not any((can.translate, can.prompt, can.beam_search, can.temperature))


def test_the_precision_is_chosen_by_the_settings(tmp_path: Path) -> None:
    folder = onnx_models.write_gigaam_ctc(tmp_path)
    onnx_models.write_gigaam_ctc(tmp_path, ".int8")
    found = {
        each: LocalCheckpoint(folder, each).find().onnx
        for each in (ComputeType.AUTO, ComputeType.INT8, ComputeType.FP32)
    }
    assert [each and each.quantization for each in found.values()] == ["int8", "int8", None]


def test_what_cannot_be_loaded_is_explained(tmp_path: Path) -> None:
    folder = onnx_models.write_gigaam_ctc(tmp_path / "both")
    with pytest.raises(CheckpointError, match="openvino engine does not load"):
        load(folder, "openvino")
    whisper = LocalCheckpoint(write_old_checkpoint(tmp_path / "whisper")).find()
    with pytest.raises(CheckpointError, match="onnx engine does not load"):
        load_engine("onnx", whisper, EngineOptions("cpu", 1, tmp_path))
    with pytest.raises(CheckpointError, match="supports only cpu"):
        load_engine("auto", LocalCheckpoint(folder).find(), EngineOptions("cuda", 1, folder))
    onnx_models.write_gigaam_rnnt(folder)
    with pytest.raises(CheckpointError, match="several models: gigaam-v3-ctc, gigaam-v3-rnnt"):
        load(folder)
    damaged = onnx_models.write_t_one(tmp_path / "damaged")
    (damaged / "model.onnx").write_bytes(b"no network")
    with pytest.raises(CheckpointError, match="damaged cannot be loaded"):
        load(damaged)
