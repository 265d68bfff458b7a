"""Whisper's network on OpenVINO."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from contracts.audio import SAMPLE_RATE
from llm.engines.openvino.cross_attention_cache import MASKED, CacheType, CrossAttentionCache
from llm.engines.openvino.features import HOP_S, LogMelSpectrogram
from llm.engines.openvino.graphs import Dimensions
from llm.engines.protocol import BetweenSteps, Samples, do_nothing
from llm.engines.whisper.alignment import FRAME_S, attention_of
from llm.engines.whisper.network import FULL_CONTEXT_S, EncoderOutput
from llm.engines.whisper.search import DecoderOutput, Queries, StepOutputs, Tokens
from llm.engines.whisper.vocabulary import GenerationSettings, WhisperVocabulary

CONTEXT_MARGIN_S = 2.0
"""Seconds of silence after a chunk in the encoder's window. Whisper was trained to end a text in
silence; with less it repeats itself or continues. Chosen by the sweep of docs/PERFORMANCE.md."""

CONTEXT_STEP_S = 2.5
"""Windows are multiples of this, so that OpenVINO prepares only 12 lengths."""

CROSS_ATTENTION_CACHE_BYTES = 192 * 2**20
"""Most memory of a batch's cross-attention cache, unless few rows need more: 10 windows of 30 s of
a base model in bfloat16, which then takes less than 1 GB in all.
More rows are faster, since the decoder reads its weights once for all, but each adds less."""

FEW_ROWS, FEW_ROWS_BYTES = 8, 1152 * 2**20
"""Rows that a model gets if they all take no more than this: eight windows of 30 s of a medium
model in bfloat16, which then takes less than 3 GB in all, or of a small model. With four, a medium
decoder takes a quarter as long again, since it reads its weights twice as often. In float32 the
rest of a medium model takes more memory as well, so it has two rows."""

MIN_ROWS, MAX_ROWS = 2, 16
"""At least two rows fit whatever they take; more than sixteen have not been faster."""

_SHORT_READ = 4
"""Most tokens that are read at once whatever their number; longer prompts are read in powers of
two, since OpenVINO keeps about 2 MB for each new number of tokens."""


@dataclass(frozen=True, slots=True)
class _CacheRow:
    """A row of the cache that one batch shares."""

    cache: CrossAttentionCache
    row: int


@dataclass(frozen=True, slots=True)
class CompiledGraphs:
    """The graphs of a checkpoint.

    Attributes:
        encoder: compiled from `GraphBuilder.encoder`.
        decoder: compiled from `GraphBuilder.decoder`.
        cache_type: of both.
        max_rows: most rows to decode side by side, if they fit into memory.
    """

    encoder: ov.CompiledModel
    decoder: ov.CompiledModel
    cache_type: CacheType
    max_rows: int


def rows_in_memory(sizes: Dimensions, n_frames: int, cache_type: CacheType) -> int:
    """Return how many rows fit into the memory of the cache, at least `MIN_ROWS`."""
    row_bytes = CrossAttentionCache.n_elements(sizes, 1, n_frames) * cache_type.n_bytes
    few_rows = FEW_ROWS if FEW_ROWS * row_bytes <= FEW_ROWS_BYTES else MIN_ROWS
    return max(CROSS_ATTENTION_CACHE_BYTES // row_bytes, few_rows)


class OpenVinoNetwork:
    """A checkpoint's compiled graphs; see `WhisperNetwork`.

    Args:
        folder: the checkpoint, read for its tokenizer and settings.
        dimensions: of the checkpoint.
        features: computes the encoder's input.
        graphs: of the checkpoint.
    """

    def __init__(
        self,
        folder: Path,
        dimensions: Dimensions,
        features: LogMelSpectrogram,
        graphs: CompiledGraphs,
    ) -> None:
        generation = GenerationSettings(folder, dimensions.decoder_layers, dimensions.decoder_heads)
        self.vocabulary = WhisperVocabulary(folder)
        self.suppressed_tokens = generation.suppressed_tokens
        self.vocab_size = dimensions.vocab_size
        self.max_positions = dimensions.max_positions
        self._sizes = dimensions
        self._max_context_s = dimensions.max_frames * FRAME_S
        self._features = features
        self._encoder = graphs.encoder.create_infer_request()
        self._decoder = graphs.decoder
        self._alignment_heads = generation.alignment_heads
        self._cache_type = graphs.cache_type
        self._max_rows = graphs.max_rows
        self._block = np.empty(0, self._cache_type.storage)
        self.between_steps: BetweenSteps = do_nothing

    def context_s(self, duration_s: float) -> float:
        """Return the length of a chunk and a margin, rounded up; see `WhisperNetwork`."""
        needed_s = duration_s + CONTEXT_MARGIN_S
        return min(ceil(needed_s / CONTEXT_STEP_S) * CONTEXT_STEP_S, self._max_context_s)

    def max_rows(self, duration_s: float) -> int:
        """Return how many rows fit into the memory of the cache; see `WhisperNetwork`."""
        n_frames = round(self.context_s(duration_s) / FRAME_S)
        return min(rows_in_memory(self._sizes, n_frames, self._cache_type), self._max_rows)

    def encode(self, chunks: Sequence[Samples], *, full_context: bool) -> list[EncoderOutput]:
        """Run the encoder; see `WhisperNetwork`.

        The window of a chunk follows from its own length, so that its text does not depend on the
        others. Chunks are encoded one by one, since a batch is no faster on a CPU. The outputs
        share one block, which the next call reuses: allocating it again takes as long as filling
        it.
        """
        contexts_s = [
            self._max_context_s if full_context else self.context_s(len(chunk) / SAMPLE_RATE)
            for chunk in chunks
        ]
        cache = self._allocate([round(context_s / FRAME_S) for context_s in contexts_s])
        for row, (chunk, context_s) in enumerate(zip(chunks, contexts_s, strict=True)):
            self._pause()
            for name, array in cache.unpadded(row).items():
                self._encoder.set_tensor(name, self._cache_type.tensor(array))
            features = self._features(chunk, round(context_s / HOP_S))
            self._encoder.infer({"features": features[None]}, share_inputs=True, share_outputs=True)
            cache.pad(row)
        return [
            EncoderOutput(FULL_CONTEXT_S if full_context else context_s, _CacheRow(cache, row))
            for row, context_s in enumerate(contexts_s)
        ]

    def _allocate(self, row_frames: Sequence[int]) -> CrossAttentionCache:
        n_elements = CrossAttentionCache.n_elements(self._sizes, len(row_frames), max(row_frames))
        if self._block.size < n_elements:
            # Allocate the maximum at once; pages that are never written take no memory.
            longest = max(n_elements, CROSS_ATTENTION_CACHE_BYTES // self._cache_type.n_bytes)
            self._block = np.empty(longest, self._cache_type.storage)
        return CrossAttentionCache.in_block(self._block, self._sizes, row_frames, self._cache_type)

    def _pause(self) -> None:
        """Let others use the network, with a cache of their own."""
        block, self._block = self._block, np.empty(0, self._cache_type.storage)
        try:
            self.between_steps()
        finally:
            self._block = block

    def close(self) -> None:
        """Free the cache; the graphs are freed with this object."""
        self._block = np.empty(0, self._cache_type.storage)

    def start_decoder(self, encoder_outputs: Sequence[EncoderOutput]) -> "DecoderState":
        """Return a decoder that has read no tokens yet, one row per chunk."""
        places: list[_CacheRow] = [one.states for one in encoder_outputs]
        cache = places[0].cache.take([place.row for place in places])
        return DecoderState(self._decoder, cache, self._pause)

    def attention(
        self, encoder_output: EncoderOutput, queries: Sequence[Queries], n_frames: int
    ) -> NDArray[np.float32]:
        """Multiply the queries with the keys in the cache; see `WhisperNetwork`."""
        place: _CacheRow = encoder_output.states
        keys = [place.cache.keys(place.row, *head) for head in self._alignment_heads]
        return attention_of(queries, keys, n_frames)


class DecoderState:
    """The state of a decoder between steps; see `VerifyingDecoder` in `whisper.search`.

    Each state creates an inference request, because a request that is reused after its batch has
    shrunk truncates texts. A finished row stays in the batch while a later row is unfinished,
    because moving the cache would cost more. Forgotten tokens stay in the self-attention's cache,
    masked, for the same reason.
    """

    def __init__(
        self,
        decoder: ov.CompiledModel,
        cache: CrossAttentionCache,
        pause: BetweenSteps = do_nothing,
    ) -> None:
        self._request = decoder.create_infer_request()
        self._pause = pause
        self._chunks = list(range(cache.n_rows))
        self._places = list(range(cache.n_rows))
        self._source_rows = np.arange(cache.n_rows, dtype=np.int32)
        self._is_kept = np.ones((cache.n_rows, 0), np.bool_)
        """Which of the tokens that were read are kept, shape (places, n)."""
        self._bind(cache)

    def advance(self, tokens: Tokens) -> DecoderOutput:
        """Read tokens; return the output after the last one."""
        for block in _blocks(self._placed(tokens)):
            self._read(block, n_outputs=1)
        outputs = self._outputs()
        return DecoderOutput(outputs.logits[:, 0], outputs.queries[:, 0])

    def verify(self, tokens: Tokens) -> StepOutputs:
        """Read tokens; return the output after each of them."""
        self._read(self._placed(tokens), n_outputs=tokens.shape[1])
        return self._outputs()

    def keep(self, n_tokens: Sequence[int]) -> None:
        """Keep the first n tokens of each row that `verify` has read."""
        n_read = self._request.get_tensor("logits").shape[1]
        n_kept = np.zeros(len(self._is_kept), np.int64)
        n_kept[self._places] = n_tokens
        self._is_kept[:, -n_read:] = np.arange(n_read) < n_kept[:, None]

    def _placed(self, tokens: Tokens) -> Tokens:
        """Return the tokens with those of the finished rows, shape (places, n)."""
        placed = np.zeros((len(self._chunks), tokens.shape[1]), np.int64)
        placed[self._places] = tokens
        return placed

    def _outputs(self) -> StepOutputs:
        logits: NDArray[np.float32] = self._request.get_tensor("logits").data
        queries = self._request.get_tensor("queries").data[self._places]
        are_all = len(self._places) == len(logits)
        return StepOutputs(logits if are_all else logits[self._places], queries)

    def _read(self, tokens: Tokens, n_outputs: int) -> None:
        """Read tokens, shape (places, n)."""
        self._pause()
        n_tokens = tokens.shape[1]
        inputs = {
            "tokens": tokens,
            "positions": self._positions(n_tokens),
            "source_rows": self._source_rows,
            "token_mask": self._token_mask(n_tokens),
            "n_outputs": np.array([n_outputs]),
            "frame_mask": self._frame_mask,
        }
        self._request.infer(inputs, share_inputs=True, share_outputs=True)
        read = np.ones((len(tokens), n_tokens), np.bool_)
        self._is_kept = np.concatenate([self._is_kept, read], axis=1)
        self._source_rows = np.arange(len(tokens), dtype=np.int32)

    def _positions(self, n_tokens: int) -> NDArray[np.int64]:
        """Return the positions of the next tokens, shape (places, n_tokens)."""
        return self._is_kept.sum(axis=1, keepdims=True) + np.arange(n_tokens)

    def _token_mask(self, n_tokens: int) -> NDArray[np.float32]:
        """Return the mask that hides forgotten and later tokens, shape (places, 1, n_tokens, n)."""
        n_places, n_read = self._is_kept.shape
        hidden = np.empty((n_places, 1, n_tokens, n_read + n_tokens), np.bool_)
        hidden[..., :n_read] = ~self._is_kept[:, None, None]
        hidden[..., n_read:] = np.triu(np.ones((n_tokens, n_tokens), np.bool_), k=1)
        return np.where(hidden, MASKED, np.float32(0))

    def select(self, rows: Sequence[int]) -> None:
        """Continue with the given rows, in the given order."""
        places = [self._places[row] for row in rows]
        if all(a < b for a, b in pairwise(places)):
            self._places = places
            self._truncate(places[-1] + 1)
            return
        self._is_kept = self._is_kept[places]
        chunks = [self._chunks[place] for place in places]
        if chunks != self._chunks:
            self._bind(self._cache.take(places))
            self._chunks = chunks
        self._places = list(range(len(places)))
        self._source_rows = self._source_rows[places]

    def _truncate(self, n_places: int) -> None:
        if n_places < len(self._chunks):
            self._chunks = self._chunks[:n_places]
            self._source_rows = self._source_rows[:n_places]
            self._is_kept = self._is_kept[:n_places]
            self._bind(self._cache.take(range(n_places)))

    def _bind(self, cache: CrossAttentionCache) -> None:
        # The tensors are not copied, so keep the cache as long as the request.
        self._cache = cache
        self._frame_mask = cache.frame_mask()
        for name, tensor in cache.tensors().items():
            self._request.set_tensor(name, tensor)


def _blocks(tokens: Tokens) -> Iterator[Tokens]:
    """Cut tokens, shape (places, n), into blocks of few different lengths."""
    first, n_tokens = 0, tokens.shape[1]
    while n_tokens - first > _SHORT_READ:
        end = first + 2 ** ((n_tokens - first).bit_length() - 1)
        yield np.ascontiguousarray(tokens[:, first:end])
        first = end
    if first < n_tokens:
        yield np.ascontiguousarray(tokens[:, first:])
