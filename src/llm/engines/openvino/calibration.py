"""Choose how a checkpoint computes by measuring, on this processor, what the service does.

Every candidate gets the same work: windows of two lengths for the encoder, single steps with one
chunk and with many for the decoder. What counts is the processing time per second of audio.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from typing import TypeVar

import numpy as np
import openvino as ov

from llm.engines.openvino.compilation import compile_decoder, compile_encoder, has_bf16
from llm.engines.openvino.cross_attention_cache import CacheType, CrossAttentionCache
from llm.engines.openvino.features import HOP_S
from llm.engines.openvino.graphs import Dimensions
from llm.engines.openvino.network import MAX_ROWS, MIN_ROWS, DecoderState, rows_in_memory
from llm.engines.protocol import ComputeType, EncoderType, EngineOptions, KeyValueType

Candidate = TypeVar("Candidate")

_WINDOWS_S = (10, 30)
_ROUNDS = 2
_STEPS = 8

_TOKENS_PER_S = 4.0
"""Tokens of a second of speech. Source: readings in Russian, whisper-base."""

_MIN_FLOAT_SPEEDUP = 1.25
"""Floats must be this many times as fast as int8, since a medium encoder takes 1.2 GB more."""

_MIN_SPEEDUP = 1.03
"""Any other candidate must be this many times as fast as an earlier one: less is noise."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may be chosen; the first of each is taken unless another one is faster.

    Attributes:
        max_rows: most rows to decode side by side.
        may_halve_rows: whether half of the rows that fit may be chosen instead.
    """

    encoders: Sequence[EncoderType]
    decoder: ComputeType
    caches: Sequence[CacheType]
    max_rows: int
    may_halve_rows: bool

    @classmethod
    def of(cls, options: EngineOptions, core: ov.Core) -> "Candidates":
        """Return what the options and the processor allow."""
        is_auto = options.compute_type is ComputeType.AUTO
        bf16 = has_bf16(core)
        if options.encoder_type is not EncoderType.AUTO:
            encoders = [options.encoder_type]
        elif is_auto:
            floats = EncoderType.BF16 if bf16 else EncoderType.FP32
            encoders = [EncoderType.INT8, EncoderType.INT8_WIDE, floats]
        else:
            encoders = [EncoderType(options.compute_type)]
        if options.key_value_type is not KeyValueType.AUTO:
            caches = [CacheType[options.key_value_type.upper()]]
        elif options.compute_type is ComputeType.FP32 or not bf16:
            caches = [CacheType.FP32]
        else:
            caches = [CacheType.BF16, CacheType.FP32] if is_auto else [CacheType.BF16]
        return cls(
            encoders,
            ComputeType.INT8 if is_auto else options.compute_type,
            caches,
            max_rows=options.max_rows or MAX_ROWS,
            may_halve_rows=is_auto and not options.max_rows,
        )


class Calibration:
    """Measures candidates one after another, so that only one is in memory.

    Attributes:
        rtf: seconds of processing per second of audio, by candidate.
    """

    def __init__(self, core: ov.Core, sizes: Dimensions) -> None:
        self.rtf: dict[str, float] = {}
        self._core = core
        self._sizes = sizes

    def choose_decoder(
        self, decoders: Mapping[CacheType, Path], candidates: Candidates
    ) -> tuple[CacheType, int]:
        """Return the type of keys and values, and the most rows, that are fastest.

        What counts is a chunk alone, as in a dictation, and as many as fit, or half of them.
        """
        if len(decoders) == 1 and not candidates.may_halve_rows:
            return next(iter(decoders)), candidates.max_rows
        rtf: dict[tuple[CacheType, int], float] = {}
        for cache, path in decoders.items():
            compiled = compile_decoder(self._core, path, candidates.decoder)
            fitting = rows_in_memory(self._sizes, self._sizes.max_frames, cache)
            most = min(fitting, candidates.max_rows)
            alone = self._decoder(compiled, cache, 1)
            rtf[cache, candidates.max_rows] = alone + self._decoder(compiled, cache, most)
            if candidates.may_halve_rows and most > MIN_ROWS:
                rtf[cache, most // 2] = alone + self._decoder(compiled, cache, most // 2)
        return _fastest(rtf, dict.fromkeys(rtf, _MIN_SPEEDUP))

    def choose_encoder(self, encoders: Mapping[EncoderType, Path]) -> EncoderType:
        """Return the fastest encoder."""
        if len(encoders) == 1:
            return next(iter(encoders))
        rtf = {each: self._encoder(path, each) for each, path in encoders.items()}
        floats = (EncoderType.BF16, EncoderType.FP32)
        return _fastest(
            rtf, {each: _MIN_FLOAT_SPEEDUP if each in floats else _MIN_SPEEDUP for each in rtf}
        )

    def _encoder(self, path: Path, encoder_type: EncoderType) -> float:
        compiled = compile_encoder(self._core, path, encoder_type, self._sizes.width)
        request = compiled.create_infer_request()
        random = np.random.default_rng(0)
        total_s = 0.0
        for window_s in _WINDOWS_S:
            shape = (1, self._sizes.n_mels, round(window_s / HOP_S))
            inputs = {"features": random.normal(0, 0.5, shape).astype(np.float32)}
            total_s += _least_s(partial(request.infer, inputs, share_outputs=True), _ROUNDS)
        return self._note(f"encoder {encoder_type}", total_s / sum(_WINDOWS_S))

    def _decoder(self, compiled: ov.CompiledModel, cache: CacheType, n_rows: int) -> float:
        sizes, n_frames = self._sizes, self._sizes.max_frames
        n_elements = CrossAttentionCache.n_elements(sizes, n_rows, n_frames)
        # Zeros would not take memory, and so no time to read.
        block = np.ones(n_elements, cache.storage)
        arrays = CrossAttentionCache.in_block(block, sizes, n_rows, n_frames, cache)
        state = DecoderState(compiled, arrays)
        step_s = _least_s(partial(state.advance, np.zeros((n_rows, 1), np.int64)), _STEPS)
        candidate = f"decoder {cache.name.lower()}, {n_rows} rows"
        return self._note(candidate, step_s * _TOKENS_PER_S / n_rows)

    def _note(self, candidate: str, rtf: float) -> float:
        self.rtf[candidate] = round(rtf, 5)
        return rtf


def _least_s(work: Callable[[], object], rounds: int) -> float:
    """Return the shortest time of some rounds, after one that prepares the kernels."""
    work()
    least = inf
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - started)
    return least


def _fastest(rtf: Mapping[Candidate, float], min_speedups: Mapping[Candidate, float]) -> Candidate:
    """Return the first candidate, or a later one that is faster by enough."""
    best, *others = rtf
    for other in others:
        if rtf[best] > min_speedups[other] * rtf[other]:
            best = other
    return best
