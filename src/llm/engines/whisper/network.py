"""The interface of Whisper networks: arrays in and out, no decoding policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from llm.engines.protocol import BetweenSteps, Samples
from llm.engines.whisper.logit_filter import SuppressedTokens
from llm.engines.whisper.search import Decoder, Queries
from llm.engines.whisper.vocabulary import WhisperVocabulary

FULL_CONTEXT_S = 30.0
"""The window that Whisper was trained on. Source: the Whisper paper, section 2.2."""


@dataclass(frozen=True, slots=True)
class EncoderOutput:
    """The encoder's output for one chunk.

    Attributes:
        context_s: seconds of the encoder's window.
        states: in a form that only the network knows.
    """

    context_s: float
    states: Any


class WhisperNetwork(Protocol):
    """A Whisper checkpoint, loaded into a library.

    Attributes:
        between_steps: called between windows of the encoder and steps of the decoder, if the memory
            allows it; it may use the network, whose encoder outputs and decoders stay as they are.
    """

    between_steps: BetweenSteps

    @property
    def vocabulary(self) -> WhisperVocabulary:
        """Tokenizer of the checkpoint."""
        ...

    @property
    def suppressed_tokens(self) -> SuppressedTokens:
        """Tokens that the checkpoint asks to suppress."""
        ...

    @property
    def vocab_size(self) -> int:
        """Length of the logits."""
        ...

    @property
    def max_positions(self) -> int:
        """Most tokens that the decoder can read, including the prompt."""
        ...

    def context_s(self, duration_s: float) -> float:
        """Return the seconds of the encoder's window for a chunk of a length, at most 30."""
        ...

    def max_rows(self, duration_s: float) -> int:
        """Return the most hypotheses to decode side by side, for chunks of a length."""
        ...

    def encode(self, chunks: Sequence[Samples], *, full_context: bool) -> list[EncoderOutput]:
        """Run the encoder.

        Args:
            chunks: each at least one sample and at most 30 s.
            full_context: whether the windows are 30 s long; if not, each is the `context_s` of
                its chunk.

        Returns:
            One per chunk, valid until the next call. Calls that `between_steps` makes do not
            invalidate them.
        """
        ...

    def start_decoder(self, encoder_outputs: Sequence[EncoderOutput]) -> Decoder:
        """Return a decoder that has read no tokens yet, one row per chunk."""
        ...

    def attention(
        self,
        encoder_output: EncoderOutput,
        queries: Sequence[Queries],
        n_frames: int,
    ) -> NDArray[np.float32]:
        """Compute the attention of a finished text over the encoder's frames.

        Args:
            encoder_output: of the chunk.
            queries: from which each token and the end were predicted.
            n_frames: encoder frames of the chunk, without its padding.

        Returns:
            Attention of the alignment heads, shape (heads, len(queries), n_frames).
        """
        ...

    def close(self) -> None:
        """Free the memory."""
        ...
