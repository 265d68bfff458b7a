"""Which tokens Whisper's decoder may write: text, never a token that steers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llm.engines.whisper.tokens import SpecialTokens


@dataclass(frozen=True, slots=True)
class SuppressedTokens:
    """Tokens that a checkpoint asks to suppress: anywhere, or as the first."""

    anywhere: Sequence[int]
    first: Sequence[int]


class LogitFilter:
    """Forbids timestamps, steering tokens and the checkpoint's suppressed ones.

    Text is written without timestamps: it has fewer errors so, and not every checkpoint
    knows them. Times come from the decoder's attention instead.

    Args:
        special: the tokens that steer.
        vocab_size: of the logits.
        suppressed: tokens that the checkpoint asks not to write.
    """

    def __init__(
        self, special: SpecialTokens, vocab_size: int, suppressed: SuppressedTokens
    ) -> None:
        self._never = np.zeros(vocab_size, np.float32)
        self._never[[*suppressed.anywhere, *special.never_in_text]] = -np.inf
        self._never[special.no_timestamps :] = -np.inf
        self._never[special.end_of_text] = 0
        self._first = self._never.copy()
        self._first[list(suppressed.first)] = -np.inf

    def __call__(self, n_written: int, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the logits with the forbidden tokens at -inf; see `LogitRules`."""
        return logits + (self._never if n_written else self._first)
