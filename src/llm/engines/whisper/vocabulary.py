"""The tokenizer and the generation settings of a checkpoint, for every engine."""

import json
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, cast

from transformers import WhisperTokenizer

from llm.engines.whisper.logit_filter import SuppressedTokens
from llm.engines.whisper.tokens import SpecialTokens

_SPACE = "Ġ"
"""A space in a byte-level vocabulary. Source: openai/gpt-2, `bytes_to_unicode`."""


class WhisperVocabulary:
    """Converts text to tokens and back.

    Args:
        folder: a checkpoint in transformers' layout.

    Raises:
        CheckpointError: the model is not a multilingual Whisper.
    """

    def __init__(self, folder: Path) -> None:
        self._tokenizer = WhisperTokenizer.from_pretrained(folder, local_files_only=True)
        vocabulary = self._tokenizer.get_vocab()
        self.special = SpecialTokens.from_vocabulary(vocabulary)
        self._text_tokens = {
            token: number for token, number in vocabulary.items() if self.special.is_text(number)
        }
        self._word_beginnings = frozenset(
            number for token, number in vocabulary.items() if token.startswith(_SPACE)
        )

    def word_beginnings(self) -> frozenset[int]:
        """Return the tokens that begin with a space."""
        return self._word_beginnings

    def text_tokens(self) -> Mapping[str, int]:
        """Return the numbers of the tokens that are no control tokens."""
        return self._text_tokens

    def text(self, tokens: Sequence[int]) -> str:
        """Return the text of text tokens, with its spaces unchanged."""
        return cast(
            str,
            self._tokenizer.decode(
                list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
            ),
        )

    def tokens(self, text: str) -> list[int]:
        """Return the text tokens of a text; names of special tokens in it are treated as text."""
        encoded = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return [token for token in encoded["input_ids"] if self.special.is_text(token)]


_ALIGNMENT_HEADS = {
    (4, 6): [(2, 2), (3, 0), (3, 2), (3, 3), (3, 4), (3, 5)],
    (6, 8): [(3, 1), (4, 2), (4, 3), (4, 7), (5, 1), (5, 2), (5, 4), (5, 6)],
    (12, 12): [
        (5, 3), (5, 9), (8, 0), (8, 4), (8, 7), (8, 8), (9, 0), (9, 7), (9, 9), (10, 5),
    ],
    (24, 16): [(13, 15), (15, 4), (15, 15), (16, 1), (20, 0), (23, 4)],
}  # fmt: skip
"""Alignment heads of the multilingual tiny, base, small and medium, by layers and heads of the
decoder: models fine-tuned before the settings named them keep them. The large ones have the same
shape and different heads. Source: openai/whisper, `__init__.py`."""


class GenerationSettings:
    """Settings from `generation_config.json`, or from an old checkpoint's `config.json`.

    Attributes:
        suppressed_tokens: tokens that must not be written.
        alignment_heads: (layer, head) of the decoder's heads whose attention follows the speech,
            sorted.
    """

    def __init__(self, folder: Path, n_layers: int, n_heads: int) -> None:
        settings = _read_settings(folder)
        self.suppressed_tokens = SuppressedTokens(
            anywhere=settings.get("suppress_tokens") or [],
            first=settings.get("begin_suppress_tokens") or [],
        )
        self.alignment_heads: list[tuple[int, int]] = sorted(
            (layer, head)
            for layer, head in settings.get("alignment_heads")
            or _ALIGNMENT_HEADS.get((n_layers, n_heads))
            # Source: openai/whisper, `model.py`: all heads of the second half of layers
            or product(range(n_layers // 2, n_layers), range(n_heads))
        )


def _read_settings(folder: Path) -> dict[str, Any]:
    for name in ("generation_config.json", "config.json"):
        if (folder / name).is_file():
            return json.loads((folder / name).read_text(encoding="utf-8"))
    return {}
