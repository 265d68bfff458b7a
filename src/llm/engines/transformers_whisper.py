"""Whisper's network on torch: what goes in, what comes out; no policy."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import (
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizer,
)
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from contracts.audio import SAMPLE_RATE
from llm.engines.protocol import CheckpointError, Samples
from llm.engines.whisper.alignment import FRAME_S
from llm.engines.whisper.rules import Unwanted, WhisperRules
from llm.engines.whisper.tokens import SpecialTokens


class WhisperNetwork:
    """A loaded checkpoint with its tokenizer and features.

    Args:
        folder: a checkpoint in transformers' layout, of any age.
        device: where it runs.
        dtype: of the weights there.

    Raises:
        CheckpointError: it is not a multilingual Whisper, or weights are missing.
    """

    def __init__(self, folder: Path, device: torch.device, dtype: torch.dtype) -> None:
        model, info = cast(
            tuple[Any, dict[str, Any]],
            WhisperForConditionalGeneration.from_pretrained(
                folder, dtype=dtype, output_loading_info=True, local_files_only=True
            ),
        )
        if missing := sorted(info["missing_keys"]):
            raise CheckpointError(f"The weights lack {', '.join(missing[:3])} and so on.")
        self.device = device
        self._dtype = dtype
        self._model = model.to(device).eval()
        self._config: WhisperConfig = model.config
        self.tokenizer = WhisperTokenizer.from_pretrained(folder, local_files_only=True)
        self.special = SpecialTokens.from_vocabulary(self.tokenizer.get_vocab())
        self.max_positions: int = self._config.max_target_positions
        self._extractor = WhisperFeatureExtractor(
            feature_size=self._config.num_mel_bins,
            chunk_length=round(self._config.max_source_positions * FRAME_S),
        )
        generation = _generation_settings(folder)
        self._unwanted = Unwanted(
            anywhere=generation.get("suppress_tokens") or [],
            first=generation.get("begin_suppress_tokens") or [],
        )
        self._alignment_heads = generation.get("alignment_heads") or self._last_half_of_the_heads()

    def _last_half_of_the_heads(self) -> list[tuple[int, int]]:
        """Source: openai/whisper, `model.py`: the default where no heads were chosen."""
        layers, heads = self._config.decoder_layers, self._config.decoder_attention_heads
        return [(layer, head) for layer in range(layers // 2, layers) for head in range(heads)]

    def rules(self, *, timestamps: bool) -> WhisperRules:
        """Return what the decoder may write, with timestamps or without."""
        return WhisperRules(
            self.special,
            self._config.vocab_size,
            self._unwanted,
            timestamps=timestamps,
            device=self.device,
        )

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of text tokens, spaces as they are."""
        return cast(
            str,
            self.tokenizer.decode(
                list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
            ),
        )

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text, with no special ones, whatever the text says."""
        encoded = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return [token for token in encoded["input_ids"] if self.special.is_text(token)]

    def encode(self, chunks: Sequence[Samples]) -> Tensor:
        """Return what the encoder hears, shape (chunks, frames, width)."""
        features = self._extractor(
            list(chunks), sampling_rate=SAMPLE_RATE, return_tensors="pt"
        ).input_features
        return self._model.model.encoder(features.to(self.device, self._dtype)).last_hidden_state

    def start_decoder(self, encoded: Tensor) -> "DecoderState":
        """Return a decoder that has read nothing yet, one row for each encoded chunk."""
        return DecoderState(self._model, encoded)

    def align(
        self, encoded: Tensor, prompt: Sequence[int], tokens: Sequence[int], n_frames: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Read a finished text once more, to see where the decoder listened.

        Args:
            encoded: shape (frames, width), of one chunk.
            prompt: stands before the text.
            tokens: text tokens, without an end.
            n_frames: encoder frames that hold sound.

        Returns:
            Attention of the alignment heads, shape (heads, n_tokens + 1, n_frames), the
            last row that of the end; and each token's probability, shape (n_tokens,).
        """
        read = torch.tensor([[*prompt, *tokens]], device=self.device)
        with _visible_attention(self._model):
            output = self._model(
                encoder_outputs=(encoded[None],), decoder_input_ids=read, output_attentions=True
            )
        # the output at a position is about the token after it
        begin = len(prompt) - 1
        attention = torch.stack(
            [output.cross_attentions[layer][0, head] for layer, head in self._alignment_heads]
        )
        logits = output.logits[0, begin:-1, : self.special.end_of_text].float()
        chosen = torch.tensor(tokens, device=self.device)[:, None]
        probabilities = logits.softmax(-1).gather(-1, chosen)[:, 0]
        return (
            attention[:, begin:, :n_frames].float().cpu().numpy(),
            probabilities.double().cpu().numpy(),
        )


class DecoderState:
    """A decoder in the middle of its work; see `Decoder` in `whisper.search`."""

    def __init__(self, model: Any, encoded: Tensor) -> None:
        self._model = model
        self._encoded = encoded
        self._chunk_of_row = list(range(len(encoded)))
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())

    def advance(self, tokens: Tensor) -> Tensor:
        """Read tokens (rows, n); return float32 logits (rows, vocabulary) after the last."""
        decoded = self._model.model.decoder(
            input_ids=tokens.to(self._encoded.device),
            encoder_hidden_states=self._encoded,
            past_key_values=self._cache,
            use_cache=True,
        ).last_hidden_state
        return self._model.proj_out(decoded[:, -1]).float()

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows, in this order."""
        if list(rows) == list(range(len(self._chunk_of_row))):
            return
        chosen = torch.tensor(rows, device=self._encoded.device)
        chunks = [self._chunk_of_row[row] for row in rows]
        if chunks == self._chunk_of_row:
            # what was heard stays where it is: most of the memory need not be copied
            self._cache.self_attention_cache.reorder_cache(cast(torch.LongTensor, chosen))
        else:
            self._cache.batch_select_indices(chosen)
            self._encoded = self._encoded[chosen]
            self._chunk_of_row = chunks


@contextmanager
def _visible_attention(model: Any) -> Generator[None]:
    """The fused attention keeps its weights to itself; the plain one shows them."""
    usual = model.config._attn_implementation  # noqa: SLF001  (there is no public getter)
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(usual)


def _generation_settings(folder: Path) -> dict[str, Any]:
    """Return `generation_config.json`, or for an old checkpoint `config.json`."""
    for name in ("generation_config.json", "config.json"):
        if (folder / name).is_file():
            return json.loads((folder / name).read_text(encoding="utf-8"))
    return {}
