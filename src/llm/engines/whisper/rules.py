"""Which tokens Whisper's decoder may write next."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import cast

import torch
from torch import Tensor
from transformers import GenerationConfig
from transformers.generation.logits_process import WhisperTimeStampLogitsProcessor

from llm.engines.whisper.tokens import SpecialTokens

MAX_INITIAL_TIMESTAMP_S = 1.0
"""The first segment begins within it. Source: openai/whisper, `DecodingOptions`."""


@dataclass(frozen=True, slots=True)
class Unwanted:
    """Tokens that a checkpoint asks to suppress: anywhere, or as the first."""

    anywhere: Sequence[int]
    first: Sequence[int]


class WhisperRules:
    """Forbids steering tokens and the checkpoint's unwanted ones; orders the timestamps.

    Args:
        special: the tokens that steer.
        vocab_size: of the logits.
        unwanted: what the checkpoint wants not to be written.
        timestamps: whether the text is written with timestamps, or with none.
    """

    def __init__(
        self,
        special: SpecialTokens,
        vocab_size: int,
        unwanted: Unwanted,
        *,
        timestamps: bool,
        device: torch.device,
    ) -> None:
        self._never = torch.zeros(vocab_size, device=device)
        self._never[[*unwanted.anywhere, *special.never_in_text]] = -torch.inf
        if not timestamps:
            self._never[special.timestamp_begin :] = -torch.inf
        self._never[special.end_of_text] = 0
        self._first = self._never.clone()
        self._first[list(unwanted.first)] = -torch.inf
        self._order_timestamps = _timestamp_order(special) if timestamps else None

    def __call__(self, written: Tensor, logits: Tensor) -> Tensor:
        """Return the logits with the forbidden tokens at -inf; see `LogitRules`."""
        allowed = logits + (self._never if written.shape[1] else self._first)
        if self._order_timestamps is None:
            return allowed
        return self._order_timestamps(cast(torch.LongTensor, written), allowed)


def _timestamp_order(special: SpecialTokens) -> WhisperTimeStampLogitsProcessor:
    config = SimpleNamespace(
        no_timestamps_token_id=special.no_timestamps,
        eos_token_id=special.end_of_text,
        bos_token_id=special.end_of_text,
        max_initial_timestamp_index=special.timestamp_index(MAX_INITIAL_TIMESTAMP_S),
    )
    return WhisperTimeStampLogitsProcessor(cast(GenerationConfig, config), begin_index=0)
