"""Load models with onnx-asr, and build words from their tokens."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as rt
from onnx_asr import load_model
from onnx_asr.adapters import TimestampedResultsAsrAdapter
from onnx_asr.asr import TimestampedResult

from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE
from contracts.languages import AUTO_LANGUAGE
from contracts.models import ComputeSettings, ModelIdentity
from contracts.options import ChunkOptions
from contracts.segmentation import split_into_segments
from contracts.transcription import ChunkSegment
from llm.engines.compression import compression_ratio
from llm.engines.onnx.capabilities import capabilities_of
from llm.engines.onnx.words import words_of
from llm.engines.protocol import (
    BetweenSteps,
    Checkpoint,
    CheckpointError,
    ChunkResult,
    EngineOptions,
    Samples,
    do_nothing,
)
from llm.engines.words import join_words
from llm.model_store.onnx_files import CONFIG, LAYOUTS

NAME = "onnx"

MAX_ROWS = 4
"""Chunks in one run of the network, unless the settings say otherwise: the attention of one layer
of GigaAM over 25 s takes 25 MB for each."""

_MIN_SAMPLES = SAMPLE_RATE // 2
"""Shorter chunks get silence after them: the spectrograms need several frames."""


class OnnxEngine:
    """A model loaded by onnx-asr; see `SpeechEngine`.

    Args:
        identity: of the model.
        checkpoint: contains the networks.
        options: where and how they run.
    """

    def __init__(
        self, identity: ModelIdentity, checkpoint: Checkpoint, options: EngineOptions
    ) -> None:
        assert checkpoint.onnx is not None
        model = checkpoint.onnx
        session = _session_options(options.threads)
        providers = _providers(options.device)
        adapter = load_model(
            model.model_type,
            checkpoint.folder,
            quantization=model.quantization,
            sess_options=session,
            providers=providers,
        )
        self.identity = identity
        self.compute: ComputeSettings | None = None
        self.capabilities = capabilities_of(
            model.model_type, _vocabulary(checkpoint.folder, model.model_type)
        )
        self._max_rows = options.max_rows or MAX_ROWS
        self.parallel_audio_s = MAX_CHUNK_S * self._max_rows
        self._model: TimestampedResultsAsrAdapter | None = adapter.with_timestamps()

    def transcribe(
        self,
        chunks: Sequence[Samples],
        options: ChunkOptions,
        between_steps: BetweenSteps = do_nothing,
    ) -> list[ChunkResult]:
        """Recognise a batch of chunks; see `SpeechEngine`."""
        if self._model is None:
            raise RuntimeError("The engine is closed.")
        language = options.language
        if language == AUTO_LANGUAGE:
            language = self.capabilities.languages[0]
        if options.language_only:
            return [ChunkResult(language, 1.0, []) for _ in chunks]
        by_length = sorted(range(len(chunks)), key=lambda n: -len(chunks[n]))
        results: dict[int, ChunkResult] = {}
        for first in range(0, len(chunks), self._max_rows):
            between_steps()
            numbers = by_length[first : first + self._max_rows]
            recognised = self._model.recognize([_padded(chunks[n]) for n in numbers])
            for n, result in zip(numbers, recognised, strict=True):
                segments = _segments(result, chunks[n], with_words=options.word_timestamps)
                results[n] = ChunkResult(language, 1.0, segments)
        return [results[n] for n in range(len(chunks))]

    def close(self) -> None:
        """Free the networks."""
        self._model = None


def load(checkpoint: Checkpoint, options: EngineOptions) -> OnnxEngine:
    """Load a checkpoint; see `EngineLoader`."""
    device = "cpu" if _providers(options.device) == ["CPUExecutionProvider"] else "cuda"
    identity = ModelIdentity(
        name=checkpoint.name, revision=checkpoint.revision, engine=NAME, device=device
    )
    return OnnxEngine(identity, checkpoint, options)


def _session_options(threads: int) -> Any:  # onnxruntime has no types for it
    rt.disable_telemetry_events()
    rt.set_default_logger_severity(3)  # errors only: warnings name the nodes of every graph
    options = rt.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # lengths vary, and threads that wait must leave the cores to the other engines
    options.enable_mem_pattern = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _providers(device: str) -> list[str]:
    """Return the providers of a device; a card needs onnxruntime-gpu."""
    has_card = "CUDAExecutionProvider" in rt.get_available_providers()
    if device == "cpu" or (device == "auto" and not has_card):
        return ["CPUExecutionProvider"]
    if not has_card:
        raise CheckpointError(
            f"LLM_DEVICE is {device}, but the installed onnxruntime supports only cpu."
        )
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]


def _vocabulary(folder: Path, model_type: str) -> str:
    pattern = LAYOUTS[model_type].vocabulary
    if pattern is None:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        return "".join(config["decoder_params"]["vocabulary"])
    lines = next(folder.glob(pattern)).read_text(encoding="utf-8").splitlines()
    tokens = [line.rpartition(" ")[0] for line in lines]
    return "".join(token for token in tokens if not token.startswith("<"))


def _padded(chunk: Samples) -> Samples:
    missing = _MIN_SAMPLES - len(chunk)
    return np.pad(chunk, (0, missing)) if missing > 0 else chunk


def _segments(result: TimestampedResult, chunk: Samples, *, with_words: bool) -> list[ChunkSegment]:
    tokens, starts, logprobs = result.tokens, result.timestamps, result.logprobs
    if not tokens or starts is None or logprobs is None:
        return []
    words = words_of(tokens, starts, logprobs, chunk)
    if not words:
        return []
    avg_logprob = round(min(float(np.mean(logprobs)), 0.0), 4)
    segments: list[ChunkSegment] = []
    for phrase in split_into_segments(words):
        text = join_words(phrase)
        bare = [word.model_copy(update={"word": word.word.strip()}) for word in phrase]
        segments.append(
            ChunkSegment(
                start=phrase[0].start,
                end=phrase[-1].end,
                text=text,
                avg_logprob=avg_logprob,
                no_speech_prob=0.0,
                compression_ratio=round(compression_ratio(text), 4),
                words=bare if with_words else None,
            )
        )
    return segments
