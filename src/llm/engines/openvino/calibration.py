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

from llm.engines.openvino.compilation import (
    compile_decoder,
    compile_encoder,
    has_bf16,
    has_vnni,
)
from llm.engines.openvino.cross_attention_cache import CacheType, CrossAttentionCache
from llm.engines.openvino.features import HOP_S
from llm.engines.openvino.graphs import Dimensions
from llm.engines.openvino.network import MAX_ROWS, MIN_ROWS, DecoderState, rows_in_memory
from llm.engines.protocol import (
    CheckpointError,
    ComputeType,
    EncoderType,
    EngineOptions,
    KeyValueType,
)

Candidate = TypeVar("Candidate")

_WINDOWS_S = (10, 30)

_ENCODER_ROUNDS = (3, 8)
_DECODER_ROUNDS = (8, 32)
"""Least and most rounds. At a first start the other services start too, and only the shortest times
are undisturbed."""

_MORE_ROUNDS_S = 4.0
"""Seconds after which no more than the least number of rounds is measured."""

_TOKENS_PER_S = 4.0
"""Tokens of a second of speech. Source: readings in Russian, whisper-base."""

_MIN_FLOAT_SPEEDUP = 1.25
"""Floats must be this many times as fast as int8, since a medium encoder takes 1.2 GB more."""

_MIN_SPEEDUP = 1.05
"""Another candidate must be this many times as fast as an earlier one: less may be noise, and the
choice lasts."""

_MIN_ROWS_SPEEDUP = 1.15
"""Fewer rows must be this many times as fast: rows that wait for one another cost less than they
seem to in a trial that something disturbs."""


_DRAFT_TOKENS = (3, 5, 7)

_EXPECTED_RIGHT = 0.8
"""Assumed probability that a token of a draft is right, given that those before it are: four words
in five, as in Russian speech by whisper-base. While the service runs, it counts them."""


_VERIFICATION_OVERHEAD = 1.2
"""A step that verifies takes this many times as long as in the trial: texts end apart, and
forgotten tokens stay in the cache. Measured by `bench --model medium-synthetic`."""

_MIN_DRAFT_SPEEDUP = 1.15
"""Drafts must make the decoder this many times as fast, since a second model takes memory."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """How to use drafts.

    Attributes:
        n_tokens: to propose for each step; 0: none.
        break_even: tokens that a step has to write, on average, for drafts to save time.
    """

    n_tokens: int = 0
    break_even: float = 0.0


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
        """Return what the options and the processor allow.

        Raises: CheckpointError: the processor cannot compute as the options say.
        """
        if options.encoder_type is EncoderType.W8A8 and not has_vnni():
            raise CheckpointError(
                "LLM_ENCODER_TYPE is w8a8, but the processor has no VNNI instructions."
            )
        is_auto = options.compute_type is ComputeType.AUTO
        bf16 = has_bf16(core)
        if options.encoder_type is not EncoderType.AUTO:
            encoders = [options.encoder_type]
        elif is_auto:
            integers = [EncoderType.INT8, EncoderType.W8A8] if has_vnni() else [EncoderType.INT8]
            encoders = [*integers, EncoderType.BF16 if bf16 else EncoderType.FP32]
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
    """Measures candidates in turns, since a machine drifts, and keeps the shortest times.

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
        most = {
            cache: min(
                rows_in_memory(self._sizes, self._sizes.max_frames, cache), candidates.max_rows
            )
            for cache in decoders
        }
        counts = {cache: {1, rows, max(rows // 2, MIN_ROWS)} for cache, rows in most.items()}
        rtf = self._decoder_rtf(decoders, candidates.decoder, counts)
        total: dict[tuple[CacheType, int], float] = {}
        min_speedups: dict[tuple[CacheType, int], float] = {}
        for cache, rows in most.items():
            total[cache, candidates.max_rows] = rtf[cache, 1] + rtf[cache, rows]
            min_speedups[cache, candidates.max_rows] = _MIN_SPEEDUP
            if candidates.may_halve_rows and rows // 2 >= MIN_ROWS:
                total[cache, rows // 2] = rtf[cache, 1] + rtf[cache, rows // 2]
                min_speedups[cache, rows // 2] = _MIN_ROWS_SPEEDUP
        return _fastest(total, min_speedups)

    def choose_drafts(
        self, path: Path, decoder: ComputeType, cache: CacheType, max_rows: int, draft_rtf: float
    ) -> Drafts:
        """Return how many tokens to propose for each step, if that is faster than one by one.

        Args:
            path: of the decoder.
            decoder: its precision.
            cache: its type of keys and values.
            max_rows: most rows to decode side by side.
            draft_rtf: seconds that the smaller model takes per second of audio.
        """
        measured = self._verification_rtf(path, decoder, cache, max_rows)
        rtf = {n: _VERIFICATION_OVERHEAD * measured[1 + n] for n in _DRAFT_TOKENS}
        expected = {
            n: value / sum(_EXPECTED_RIGHT**k for k in range(1 + n)) + draft_rtf
            for n, value in rtf.items()
        }
        best = min(expected, key=lambda n: expected[n])
        if measured[1] <= _MIN_DRAFT_SPEEDUP * expected[best]:
            return Drafts()
        return Drafts(best, round(rtf[best] / (measured[1] - draft_rtf), 2))

    def choose_encoder(self, encoders: Mapping[EncoderType, Path]) -> EncoderType:
        """Return the fastest encoder."""
        if len(encoders) == 1:
            return next(iter(encoders))
        rtf = self._encoder_rtf(encoders)
        floats = (EncoderType.BF16, EncoderType.FP32)
        return _fastest(
            rtf, {each: _MIN_FLOAT_SPEEDUP if each in floats else _MIN_SPEEDUP for each in rtf}
        )

    def _verification_rtf(
        self, path: Path, decoder: ComputeType, cache: CacheType, max_rows: int
    ) -> dict[int, float]:
        """Return the rtf of a step by its tokens, as if each step wrote one of them."""
        sizes, n_frames = self._sizes, self._sizes.max_frames
        n_rows = min(rows_in_memory(sizes, n_frames, cache), max_rows)
        block = np.ones(CrossAttentionCache.n_elements(sizes, n_rows, n_frames), cache.storage)
        arrays = CrossAttentionCache.in_block(block, sizes, [n_frames] * n_rows, cache)
        compiled = compile_decoder(self._core, path, decoder)
        work: dict[int, Callable[[], object]] = {
            1 + n: partial(
                DecoderState(compiled, arrays).verify, np.zeros((n_rows, 1 + n), np.int64)
            )
            for n in (0, *_DRAFT_TOKENS)
        }
        rtf = {
            n_tokens: least_s * _TOKENS_PER_S / n_rows
            for n_tokens, least_s in _least_s(work, _DECODER_ROUNDS).items()
        }
        self.rtf |= {
            f"{decoder_name(cache, n_rows)}, {n} tokens": round(value / n, 5)
            for n, value in rtf.items()
            if n > 1
        }
        return rtf

    def _encoder_rtf(self, encoders: Mapping[EncoderType, Path]) -> dict[EncoderType, float]:
        random = np.random.default_rng(0)
        windows = {
            seconds: random.normal(0, 0.5, (1, self._sizes.n_mels, round(seconds / HOP_S))).astype(
                np.float32
            )
            for seconds in _WINDOWS_S
        }
        work: dict[tuple[EncoderType, int], Callable[[], object]] = {}
        for encoder_type, path in encoders.items():
            compiled = compile_encoder(self._core, path, encoder_type)
            request = compiled.create_infer_request()
            for seconds, features in windows.items():
                inputs = {"features": features}
                work[encoder_type, seconds] = partial(request.infer, inputs, share_outputs=True)
        least_s = _least_s(work, _ENCODER_ROUNDS)
        rtf = {
            each: sum(least_s[each, seconds] for seconds in windows) / sum(windows)
            for each in encoders
        }
        self.rtf |= {encoder_name(each): round(value, 5) for each, value in rtf.items()}
        return rtf

    def _decoder_rtf(
        self,
        decoders: Mapping[CacheType, Path],
        decoder: ComputeType,
        counts: Mapping[CacheType, set[int]],
    ) -> dict[tuple[CacheType, int], float]:
        """Return the rtf of each number of rows; all caches share one block of memory."""
        sizes, n_frames = self._sizes, self._sizes.max_frames
        row_elements = CrossAttentionCache.n_elements(sizes, 1, n_frames)
        longest = max(max(rows) * cache.n_bytes for cache, rows in counts.items()) * row_elements
        # Zeros would take no memory, and so no time to read.
        block = np.ones(longest, np.uint8)
        work: dict[tuple[CacheType, int], Callable[[], object]] = {}
        for cache, path in decoders.items():
            compiled = compile_decoder(self._core, path, decoder)
            for n_rows in sorted(counts[cache]):
                arrays = CrossAttentionCache.in_block(
                    block.view(cache.storage), sizes, [n_frames] * n_rows, cache
                )
                tokens = np.zeros((n_rows, 1), np.int64)
                work[cache, n_rows] = partial(DecoderState(compiled, arrays).advance, tokens)
        least_s = _least_s(work, _DECODER_ROUNDS)
        rtf = {each: least_s[each] * _TOKENS_PER_S / each[1] for each in work}
        self.rtf |= {
            decoder_name(cache, n_rows): round(value, 5) for (cache, n_rows), value in rtf.items()
        }
        return rtf


def encoder_name(encoder_type: EncoderType) -> str:
    """Name the measurement of an encoder."""
    return f"encoder {encoder_type}"


def decoder_name(cache: CacheType, n_rows: int) -> str:
    """Name the measurement of a decoder."""
    return f"decoder {cache.name.lower()}, {n_rows} rows"


def _least_s(
    work: Mapping[Candidate, Callable[[], object]], rounds: tuple[int, int]
) -> dict[Candidate, float]:
    """Return the shortest time of each, in rounds of turns, after one that prepares the kernels."""
    for run in work.values():
        run()
    least = dict.fromkeys(work, inf)
    least_rounds, most_rounds = rounds
    until = time.perf_counter() + _MORE_ROUNDS_S
    for n_done in range(most_rounds):
        if n_done >= least_rounds and time.perf_counter() > until:
            break
        for name, run in work.items():
            started = time.perf_counter()
            run()
            least[name] = min(least[name], time.perf_counter() - started)
    return least


def _fastest(rtf: Mapping[Candidate, float], min_speedups: Mapping[Candidate, float]) -> Candidate:
    """Return the first candidate, or a later one that is faster by enough."""
    best, *others = rtf
    for other in others:
        if rtf[best] > min_speedups[other] * rtf[other]:
            best = other
    return best
