"""Whisper's network on torch."""

import gc
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from contracts.audio import SAMPLE_RATE
from llm.engines.protocol import CheckpointError, Samples
from llm.engines.whisper.alignment import FRAME_S
from llm.engines.whisper.network import FULL_CONTEXT_S, EncoderOutput
from llm.engines.whisper.search import Logits, Tokens
from llm.engines.whisper.vocabulary import GenerationSettings, WhisperVocabulary

MAX_ROWS = 16
"""Each row has a cross-attention cache of the whole window, 300 MB in a medium model, and a wide
beam multiplies the rows."""


class TransformersNetwork:
    """A loaded checkpoint with its tokenizer and features; see `WhisperNetwork`.

    Args:
        folder: a checkpoint in transformers' layout, old or new.
        device: to run on.
        dtype: of the weights on the device.

    Raises:
        CheckpointError: the model is not a multilingual Whisper, or weights are missing.
    """

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype) -> None:
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
        return MAX_ROWS

    @torch.inference_mode()
    def encode(self, chunks: Sequence[Samples], *, full_context: bool) -> list[EncoderOutput]:
        """Run the encoder, always in full context."""
        del full_context
        features = self._extractor(
            list(chunks), sampling_rate=SAMPLE_RATE, return_tensors="pt"
        ).input_features.to(self._device, self._dtype)
        encoded = self._model.model.encoder(features).last_hidden_state
        return [EncoderOutput(FULL_CONTEXT_S, states) for states in encoded]

    def close(self) -> None:
        """Free the weights and the GPU's memory."""
        del self._model
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def start_decoder(self, encoder_outputs: Sequence[EncoderOutput]) -> "DecoderState":
        """Return a decoder that has read no tokens yet, one row per chunk."""
        return DecoderState(self._model, torch.stack([one.states for one in encoder_outputs]))

    @torch.inference_mode()
    def align(
        self,
        encoder_output: EncoderOutput,
        prompt: Sequence[int],
        tokens: Sequence[int],
        n_frames: int,
    ) -> NDArray[np.float32]:
        """Read a finished text again; see `WhisperNetwork.align`."""
        read = torch.tensor([[*prompt, *tokens]], device=self._device)
        with _visible_attention(self._model):
            output = self._model.model.decoder(
                encoder_hidden_states=encoder_output.states[None],
                input_ids=read,
                output_attentions=True,
            )
        attention = torch.stack(
            [output.cross_attentions[layer][0, head] for layer, head in self._alignment_heads]
        )
        # The output at each position predicts the next token.
        return attention[:, len(prompt) - 1 :, :n_frames].float().cpu().numpy()


class DecoderState:
    """The state of a decoder between steps; see `Decoder` in `whisper.search`."""

    def __init__(self, model: Any, encoded: Tensor) -> None:
        self._model = model
        self._encoded = encoded
        self._chunk_of_row = list(range(len(encoded)))
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

    @torch.inference_mode()
    def advance(self, tokens: Tokens) -> Logits:
        """Read tokens; return the logits after the last one."""
        decoded = self._model.model.decoder(
            input_ids=torch.from_numpy(tokens).to(self._encoded.device),
            encoder_hidden_states=self._encoded,
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state
        return self._model.proj_out(decoded[:, -1]).float().cpu().numpy()

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


@contextmanager
def _visible_attention(model: Any) -> Generator[None]:
    """Switch to plain attention, which returns its weights; the fused one does not."""
    usual = model.config._attn_implementation  # noqa: SLF001  (there is no public getter)
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(usual)
