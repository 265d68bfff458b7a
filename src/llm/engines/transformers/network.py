"""Whisper's network on torch."""

import gc
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from contracts.audio import SAMPLE_RATE
from llm.engines.protocol import BetweenSteps, CheckpointError, Samples, do_nothing
from llm.engines.whisper.alignment import FRAME_S, attention_of
from llm.engines.whisper.network import FULL_CONTEXT_S, EncoderOutput
from llm.engines.whisper.search import DecoderOutput, Queries, Tokens
from llm.engines.whisper.vocabulary import GenerationSettings, WhisperVocabulary

CPU_ROWS, MAX_CARD_ROWS = 16, 64
"""Most rows on a CPU, and on a card with enough memory. Each row has a cross-attention cache of the
whole window, 300 MB in a medium model in float32, and a wide beam multiplies the rows."""

_USABLE_MEMORY = 0.5
"""Share of a card's free memory for the rows; the rest is for what torch allocates between."""

_ENCODER_TENSORS = 16
"""Tensors of the size of the encoder's output that a layer holds at once, with the feed-forward
network's four times as wide."""


def rows_in_memory(free_bytes: int, config: WhisperConfig, dtype: torch.dtype) -> int:
    """Return how many rows fit into a card's free memory, from 1 to `MAX_CARD_ROWS`."""
    positions = config.max_source_positions + config.max_target_positions
    cached = 2 * config.decoder_layers * positions
    encoded = _ENCODER_TENSORS * config.max_source_positions
    row_bytes = dtype.itemsize * config.d_model * (cached + encoded)
    return min(max(int(free_bytes * _USABLE_MEMORY) // row_bytes, 1), MAX_CARD_ROWS)


class TransformersNetwork:
    """A loaded checkpoint with its tokenizer and features; see `WhisperNetwork`.

    Args:
        folder: a checkpoint in transformers' layout, old or new.
        device: to run on.
        dtype: of the weights on the device.
        max_rows: most rows to decode side by side; 0: as many as fit.

    Raises:
        CheckpointError: the model is not a multilingual Whisper, or weights are missing.
    """

    def __init__(
        self, folder: Path, device: torch.device, dtype: torch.dtype, max_rows: int = 0
    ) -> None:
        model, info = cast(
            tuple[Any, dict[str, Any]],
            WhisperForConditionalGeneration.from_pretrained(
                folder, dtype=dtype, output_loading_info=True, local_files_only=True
            ),
        )
        if missing := sorted(info["missing_keys"]):
            names = ", ".join([*missing[:3], "…"] if len(missing) > 3 else missing)
            raise CheckpointError(f"Weights are missing: {names}.")
        config: WhisperConfig = model.config
        self._device = device
        self.vocabulary = WhisperVocabulary(folder)
        self.vocab_size: int = config.vocab_size
        self.max_positions: int = config.max_target_positions
        generation = GenerationSettings(
            folder, config.decoder_layers, config.decoder_attention_heads
        )
        self.suppressed_tokens = generation.suppressed_tokens
        self._alignment_heads = generation.alignment_heads
        self._dtype = dtype
        self._model = model.to(device).eval()
        self.between_steps: BetweenSteps = do_nothing
        rows = CPU_ROWS
        if device.type == "cuda":
            free_bytes, _ = torch.cuda.mem_get_info(device)
            rows = rows_in_memory(free_bytes, config, dtype)
        self._max_rows = min(rows, max_rows or rows)
        self._queries = _AlignmentQueries(model, generation.alignment_heads)
        self._extractor = WhisperFeatureExtractor(
            feature_size=config.num_mel_bins,
            chunk_length=round(config.max_source_positions * FRAME_S),
        )

    def context_s(self, duration_s: float) -> float:
        """Return 30 s for every length."""
        del duration_s
        return FULL_CONTEXT_S

    def max_rows(self, duration_s: float) -> int:
        """Return the same for every length, since the window is always 30 s."""
        del duration_s
        return self._max_rows

    @torch.inference_mode()
    def encode(self, chunks: Sequence[Samples], *, full_context: bool) -> list[EncoderOutput]:
        """Run the encoder, always in full context."""
        del full_context
        self._pause()
        features = self._extractor(
            list(chunks), sampling_rate=SAMPLE_RATE, return_tensors="pt"
        ).input_features.to(self._device, self._dtype)
        encoded = self._model.model.encoder(features).last_hidden_state
        return [EncoderOutput(FULL_CONTEXT_S, states) for states in encoded]

    def _pause(self) -> None:
        """Let others use the network, except on a card: this batch may take all of its memory."""
        if self._device.type == "cpu":
            self.between_steps()

    def close(self) -> None:
        """Free the weights and the GPU's memory."""
        del self._model
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def start_decoder(self, encoder_outputs: Sequence[EncoderOutput]) -> "DecoderState":
        """Return a decoder that has read no tokens yet, one row per chunk."""
        encoded = torch.stack([one.states for one in encoder_outputs])
        return DecoderState(self._model, encoded, self._queries, self._pause)

    @torch.inference_mode()
    def attention(
        self, encoder_output: EncoderOutput, queries: Sequence[Queries], n_frames: int
    ) -> NDArray[np.float32]:
        """Multiply the queries with the projected keys; see `WhisperNetwork`."""
        layers = self._model.model.decoder.layers
        projected: dict[int, NDArray[np.float32]] = {
            layer: layers[layer].encoder_attn.k_proj(encoder_output.states).float().cpu().numpy()
            for layer in {layer for layer, _ in self._alignment_heads}
        }
        keys = [
            projected[layer][:, self._queries.columns(head)].T
            for layer, head in self._alignment_heads
        ]
        return attention_of(queries, keys, n_frames)


class DecoderState:
    """The state of a decoder between steps; see `Decoder` in `whisper.search`."""

    def __init__(
        self, model: Any, encoded: Tensor, queries: "_AlignmentQueries", pause: BetweenSteps
    ) -> None:
        self._model = model
        self._pause = pause
        self._encoded = encoded
        self._queries = queries
        self._chunk_of_row = list(range(len(encoded)))
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

    @torch.inference_mode()
    def advance(self, tokens: Tokens) -> DecoderOutput:
        """Read tokens; return the output after the last one."""
        self._pause()
        decoded = self._model.model.decoder(
            input_ids=torch.from_numpy(tokens).to(self._encoded.device),
            encoder_hidden_states=self._encoded,
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state
        logits = self._model.proj_out(decoded[:, -1]).float().cpu().numpy()
        return DecoderOutput(logits, self._queries.last())

    @torch.inference_mode()
    def select(self, rows: Sequence[int]) -> None:
        """Continue with the given rows, in the given order."""
        if list(rows) == list(range(len(self._chunk_of_row))):
            return
        chosen = torch.tensor(rows, device=self._encoded.device)
        chunks = [self._chunk_of_row[row] for row in rows]
        if chunks == self._chunk_of_row:
            # Leave the cross-attention cache, most of the memory, in place.
            self._cache.self_attention_cache.reorder_cache(cast(torch.LongTensor, chosen))
        else:
            self._cache.batch_select_indices(chosen)
            self._encoded = self._encoded[chosen]
            self._chunk_of_row = chunks


class _AlignmentQueries:
    """Records the queries of the alignment heads, since the fused attention hides its weights.

    Args:
        model: whose decoder is watched from now on.
        heads: (layer, head) of the cross-attention.
    """

    def __init__(self, model: Any, heads: Sequence[tuple[int, int]]) -> None:
        self._heads = heads
        self._projected: dict[int, Tensor] = {}
        for layer in {layer for layer, _ in heads}:
            attention = model.model.decoder.layers[layer].encoder_attn
            attention.q_proj.register_forward_hook(partial(self._record, layer, attention.scaling))
        self._head_size: int = model.config.d_model // model.config.decoder_attention_heads

    def last(self) -> NDArray[np.float32]:
        """Return the queries at the last position, scaled, shape (rows, heads, size)."""
        queries = [self._projected[layer][:, self.columns(head)] for layer, head in self._heads]
        return torch.stack(queries, dim=1).float().cpu().numpy()

    def columns(self, head: int) -> slice:
        """Return the columns of a head in a projection."""
        return slice(head * self._head_size, (head + 1) * self._head_size)

    def _record(
        self, layer: int, scale: float, _module: Any, _inputs: Any, projected: Tensor
    ) -> None:
        self._projected[layer] = projected[:, -1] * scale
