"""Filter the logits so that the decoder writes text only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from llm.engines.whisper.tokens import SpecialTokens


@dataclass(frozen=True, slots=True)
class SuppressedTokens:
    """Tokens that a checkpoint asks to suppress: anywhere, or as the first token only."""

    anywhere: Sequence[int]
    first: Sequence[int]


class LogitFilter:
    """Forbids timestamps, control tokens and the tokens that the checkpoint suppresses.

    Text without timestamps has fewer errors, and not every checkpoint knows timestamps. Times come
    from the decoder's attention instead.

    Args:
        special: the control tokens.
        vocab_size: length of the logits.
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
        """Return the logits with forbidden tokens set to -inf; see `FilterLogits`."""
        return logits + (self._never if n_written else self._first)
