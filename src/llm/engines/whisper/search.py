"""Greedy, sampling and beam search over a batch of chunks, one loop for all three.

Written anew rather than taken from `generate()` because the encoder's projected keys are
kept between detecting the language and decoding, which `generate()` of transformers 5
cannot continue from, and because rows that have ended leave the batch at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]
"""Shape (rows, vocabulary)."""

Tokens = NDArray[np.int64]
"""Shape (rows, n)."""


class Decoder(Protocol):
    """A decoder in the middle of its work on some rows."""

    def advance(self, tokens: Tokens) -> Logits:
        """Read tokens; return the logits after the last, valid until the next call."""
        ...

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows, in this order; one may stand there more than once."""
        ...


class LogitRules(Protocol):
    """Which tokens may come next."""

    def __call__(self, n_written: int, logits: Logits) -> Logits:
        """Return the logits with the forbidden ones at -inf.

        Args:
            n_written: tokens so far, without the prompt.
            logits: as the decoder gave them.
        """
        ...


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A finished text.

    Attributes:
        tokens: without the prompt and the end.
        logprobs: natural log-probability of each token, before any temperature.
        avg_logprob: mean natural log-probability of the tokens and the end, before any
            temperature.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    avg_logprob: float


@dataclass(frozen=True, slots=True)
class _Beam:
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    logprob: float
    row: int

    def extended(self, token: int, logprob: float) -> "_Beam":
        """Return the beam one token longer."""
        return _Beam(
            (*self.tokens, token), (*self.logprobs, logprob), self.logprob + logprob, self.row
        )

    def end(self, logprob: float) -> Hypothesis:
        """Return the text, given the log-probability of its end."""
        average = (self.logprob + logprob) / (len(self.tokens) + 1)
        return Hypothesis(self.tokens, self.logprobs, average)

    def cut(self) -> Hypothesis:
        """Return the text of a beam that has not ended, but may not go on."""
        return Hypothesis(self.tokens, self.logprobs, self.logprob / max(1, len(self.tokens)))


@dataclass(frozen=True, slots=True)
class Search:
    """How to look for the best text.

    Attributes:
        end_token: ends a text.
        max_tokens: most tokens of a text.
        beam_size: hypotheses kept for each chunk; 1 is greedy.
        temperature: above 0, tokens are drawn, and `beam_size` has no meaning.
        seed: of what is drawn: the same chunk gives the same text.
    """

    end_token: int
    max_tokens: int
    beam_size: int
    temperature: float
    seed: int = 0

    def run(self, decoder: Decoder, logits: Logits, rules: LogitRules) -> list[Hypothesis]:
        """Decode every chunk to its end.

        Args:
            decoder: has read the prompt; one row a chunk.
            logits: shape (chunks, vocabulary), what it gave after the prompt.
            rules: hold at every step.

        Returns:
            The most probable finished text of each chunk, by mean log-probability.

        Source: openai/whisper, `BeamSearchDecoder`, with patience 1.
        """
        finished: list[list[Hypothesis]] = [[] for _ in range(len(logits))]
        live = {chunk: [_Beam((), (), 0.0, chunk)] for chunk in range(len(logits))}
        marks = np.random.default_rng(self.seed)
        for n_written in range(self.max_tokens):
            candidates = self._candidates(rules(n_written, logits), marks)
            for chunk, beams in list(live.items()):
                live[chunk] = self._extend(beams, candidates, finished[chunk])
                if len(finished[chunk]) >= self._width or not live[chunk]:
                    del live[chunk]
            if not live:
                break
            logits = self._step(decoder, live)
        for chunk, beams in live.items():
            finished[chunk] = finished[chunk] or [beam.cut() for beam in beams]
        return [max(found, key=lambda text: text.avg_logprob) for found in finished]

    @property
    def _width(self) -> int:
        return 1 if self.temperature > 0 else self.beam_size

    def _candidates(
        self, logits: Logits, marks: np.random.Generator
    ) -> list[list[tuple[float, int]]]:
        """Return, for each row, the log-probabilities and tokens that may extend it."""
        if self.temperature > 0:
            tokens = _draw(logits, self.temperature, marks.random())
        elif self._width == 1:
            # enough, for a text whose best token is its end goes no further
            tokens = logits.argmax(axis=-1, keepdims=True)
        else:
            n_best = min(self._width + 1, logits.shape[-1])
            tokens = np.argpartition(logits, -n_best)[:, -n_best:]
        values = np.take_along_axis(logits, tokens, axis=-1) - _log_of_sum(logits)
        return [
            list(zip(*row, strict=True))
            for row in zip(values.tolist(), tokens.tolist(), strict=True)
        ]

    def _extend(
        self,
        beams: list[_Beam],
        candidates: list[list[tuple[float, int]]],
        finished: list[Hypothesis],
    ) -> list[_Beam]:
        """Return the best beams one token longer; those that end go to `finished`."""
        ranked = sorted(
            (
                (logprob, token, beam)
                for beam in beams
                for logprob, token in candidates[beam.row]
                if math.isfinite(logprob)
            ),
            key=lambda candidate: -(candidate[2].logprob + candidate[0]),
        )
        kept: list[_Beam] = []
        for logprob, token, beam in ranked:
            if token == self.end_token:
                finished.append(beam.end(logprob))
            else:
                kept.append(beam.extended(token, logprob))
            if len(kept) == self._width:
                break
        return kept

    def _step(self, decoder: Decoder, live: dict[int, list[_Beam]]) -> Logits:
        """Move the decoder's rows to the beams that live, and read their last tokens."""
        beams = [beam for kept in live.values() for beam in kept]
        decoder.select([beam.row for beam in beams])
        row = 0
        for chunk, kept in live.items():
            live[chunk] = [replace(beam, row=row + n) for n, beam in enumerate(kept)]
            row += len(kept)
        return decoder.advance(np.array([[beam.tokens[-1]] for beam in beams]))


def _log_of_sum(logits: Logits) -> NDArray[np.float32]:
    """Return the logarithm of the sum of the exponentials, shape (rows, 1)."""
    largest = logits.max(axis=-1, keepdims=True)
    return largest + np.log(np.exp(logits - largest).sum(axis=-1, keepdims=True))


def _draw(logits: Logits, temperature: float, mark: float) -> NDArray[np.int64]:
    """Draw a token for each row, shape (rows, 1), all with one random number in [0, 1).

    So what is drawn for a chunk depends on the seed, but not on the others in its batch.
    """
    # from the largest down, so that a tiny temperature cannot overflow
    falling = (logits - logits.max(axis=-1, keepdims=True)).astype(np.float64) / temperature
    summed = np.exp(falling).cumsum(axis=-1)
    return (summed <= mark * summed[:, -1:]).sum(axis=-1, keepdims=True)
