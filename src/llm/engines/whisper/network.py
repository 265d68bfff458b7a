"""What the recognition asks of a loaded network: numbers in and out, no policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from llm.engines.protocol import Samples
from llm.engines.whisper.logit_filter import SuppressedTokens
from llm.engines.whisper.search import Decoder
from llm.engines.whisper.vocabulary import WhisperVocabulary

FULL_CONTEXT_S = 30.0
"""The window that Whisper was trained on. Source: the Whisper paper, section 2.2."""


@dataclass(frozen=True, slots=True)
class EncoderOutput:
    """One chunk after the encoder.

    Attributes:
        context_s: seconds of the window that the encoder was given.
        states: the network's own form of the encoder's output.
    """

    context_s: float
    states: Any


class WhisperNetwork(Protocol):
    """A Whisper checkpoint in some library."""

    @property
    def vocabulary(self) -> WhisperVocabulary:
        """The checkpoint's tokenizer."""
        ...

    @property
    def suppressed_tokens(self) -> SuppressedTokens:
        """Tokens that the checkpoint asks not to write."""
        ...

    @property
    def vocab_size(self) -> int:
        """Length of the logits."""
        ...

    @property
    def max_positions(self) -> int:
        """Most tokens that the decoder can read, prompt included."""
        ...

    def max_rows(self, duration_s: float) -> int:
        """Return how many hypotheses at most to decode side by side, for chunks so long."""
        ...

    def encode(self, chunks: Sequence[Samples], *, full_context: bool) -> list[EncoderOutput]:
        """Run the encoder.

        Args:
            chunks: each at least one sample and at most 30 s.
            full_context: whether to give it 30 s whatever a chunk's length; else the
                network may choose a shorter window that holds every chunk.

        Returns:
            One for each chunk, valid until the next call.
        """
        ...

    def start_decoder(self, encoder_outputs: Sequence[EncoderOutput]) -> Decoder:
        """Return a decoder that has read nothing yet, one row for each chunk."""
        ...

    def align(
        self,
        encoder_output: EncoderOutput,
        prompt: Sequence[int],
        tokens: Sequence[int],
        n_frames: int,
    ) -> NDArray[np.float32]:
        """Read a finished text once more, to see where the decoder listened.

        Args:
            encoder_output: the chunk.
            prompt: stands before the text.
            tokens: text tokens, without an end.
            n_frames: encoder frames that hold sound; no more than there are is used.

        Returns:
            Attention of the alignment heads, shape (heads, n_tokens + 1, n_frames), the
            last row that of the end.
        """
        ...

    def close(self) -> None:
        """Free the memory."""
        ...
