"""Greedy, sampling and beam search over a batch of chunks, one loop for all three.

It replaces transformers' `generate()`, which cannot continue from the cache of the language
detection, and does not remove finished rows from the batch.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from llm.engines.whisper.term_trie import Match, TermTrie

Logits = NDArray[np.float32]
"""Shape (rows, vocabulary)."""

Tokens = NDArray[np.int64]
"""Shape (rows, n)."""

Queries = NDArray[np.float32]
"""Queries of the alignment heads at one position of one row, shape (heads, size)."""


@dataclass(frozen=True, slots=True)
class DecoderOutput:
    """What the decoder computes after the last token that it has read.

    Attributes:
        logits: shape (rows, vocabulary); valid until the next call.
        queries: of the alignment heads, scaled, shape (rows, heads, size).
    """

    logits: Logits
    queries: NDArray[np.float32]


class Decoder(Protocol):
    """The state of a decoder between steps, for several rows."""

    def advance(self, tokens: Tokens) -> DecoderOutput:
        """Read tokens; return the output after the last one."""
        ...

    def select(self, rows: Sequence[int]) -> None:
        """Continue with the given rows, in the given order; repetitions are allowed."""
        ...


@dataclass(frozen=True, slots=True)
class StepOutputs:
    """What the decoder computes after each of several tokens.

    Attributes:
        logits: shape (rows, n, vocabulary); valid until the next call.
        queries: of the alignment heads, scaled, shape (rows, n, heads, size).
    """

    logits: NDArray[np.float32]
    queries: NDArray[np.float32]


@runtime_checkable
class VerifyingDecoder(Decoder, Protocol):
    """A decoder that can read proposed tokens and forget the wrong ones."""

    def verify(self, tokens: Tokens) -> StepOutputs:
        """Read tokens; return the output after each of them."""
        ...

    def keep(self, n_tokens: Sequence[int]) -> None:
        """Keep the first n tokens of each row that the last `verify` has read; forget the others.

        Call it after `verify` and before anything else.
        """
        ...


FilterLogits = Callable[[int, Logits], Logits]
"""Return the logits with forbidden tokens set to -inf.

Args:
    n_written: number of tokens written so far, without the prompt.
    logits: from the decoder; not changed.
"""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A finished text.

    Attributes:
        tokens: without the prompt and the end token.
        logprobs: natural log-probability of each token, before any temperature.
        avg_logprob: mean natural log-probability of the tokens and the end token, before any
            temperature.
        score: the same with the bonus for terms, by which texts are compared.
        queries: from which each token and the end were predicted.
        n_steps: steps of the decoder that wrote it.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    avg_logprob: float
    score: float
    queries: tuple[Queries, ...] = field(compare=False)
    n_steps: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Beam:
    """A text that is being written.

    Attributes:
        tokens: without the prompt.
        logprobs: natural log-probability of each.
        logprob: their sum.
        queries: from which each token was predicted.
        row: of the decoder.
        match: of the tokens with terms.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    logprob: float
    queries: tuple[Queries, ...]
    row: int
    match: Match

    @classmethod
    def empty(cls, row: int) -> "Beam":
        """Return a text without tokens."""
        return cls((), (), 0.0, (), row, Match())

    def extended(self, token: int, logprob: float, queries: Queries, match: Match) -> "Beam":
        """Return the beam with one more token."""
        return Beam(
            (*self.tokens, token),
            (*self.logprobs, logprob),
            self.logprob + logprob,
            (*self.queries, queries),
            self.row,
            match,
        )

    def end(self, logprob: float, queries: Queries, bonus: float) -> Hypothesis:
        """Return the finished text, given the log-probability of the end token."""
        n_tokens = len(self.tokens) + 1
        average = (self.logprob + logprob) / n_tokens
        return Hypothesis(
            self.tokens,
            self.logprobs,
            average,
            average + bonus / n_tokens,
            (*self.queries, queries),
            n_tokens,
        )

    def cut_off(self) -> Hypothesis:
        """Return the text of a beam that reached the limit without an end token."""
        n_tokens = max(1, len(self.tokens))
        average = self.logprob / n_tokens
        return Hypothesis(
            self.tokens,
            self.logprobs,
            average,
            average + self.match.bonus / n_tokens,
            (*self.queries, self.queries[-1]),
            n_tokens,
        )


@dataclass(frozen=True, slots=True)
class Search:
    """A search for the most probable text.

    Attributes:
        end_token: ends a text.
        max_tokens: most tokens of a text.
        beam_size: hypotheses kept per chunk; 1 is greedy.
        temperature: above 0, tokens are sampled, and `beam_size` is ignored.
        seeds: of the sampling, one per chunk, so that a chunk always gives the same text.
        terms: tokens to prefer; the log-probabilities of a text do not contain their bonus.
    """

    end_token: int
    max_tokens: int
    beam_size: int
    temperature: float
    seeds: Sequence[int] = ()
    terms: TermTrie | None = None

    def run(
        self, decoder: Decoder, output: DecoderOutput, allowed: FilterLogits
    ) -> list[Hypothesis]:
        """Decode every chunk to its end.

        Args:
            decoder: has read the prompt; one row per chunk.
            output: of the decoder after the prompt.
            allowed: filters the logits of each step.

        Returns:
            The finished text with the highest score, per chunk.

        Source: openai/whisper, `BeamSearchDecoder`, with patience 1.
        """
        n_chunks = len(output.logits)
        finished: list[list[Hypothesis]] = [[] for _ in range(n_chunks)]
        live = {chunk: [Beam.empty(chunk)] for chunk in range(n_chunks)}
        generators = [np.random.default_rng(seed) for seed in self.seeds]
        for n_written in range(self.max_tokens):
            candidates = self._candidates(
                allowed(n_written, output.logits),
                [beam.match for beams in live.values() for beam in beams],
                [generators[chunk] for chunk in live if generators],
            )
            for chunk, beams in list(live.items()):
                live[chunk] = self._extend(beams, candidates, output.queries, finished[chunk])
                if len(finished[chunk]) >= self._width or not live[chunk]:
                    del live[chunk]
            if not live:
                break
            output = self._step(decoder, live)
        for chunk, beams in live.items():
            finished[chunk] = finished[chunk] or [beam.cut_off() for beam in beams]
        return [max(found, key=lambda text: text.score) for found in finished]

    @property
    def is_greedy(self) -> bool:
        """Whether each token is the most probable one."""
        return self.temperature == 0 and self.beam_size == 1

    @property
    def _width(self) -> int:
        return 1 if self.temperature > 0 else self.beam_size

    def _candidates(
        self,
        logits: Logits,
        matches: Sequence[Match],
        generators: Sequence[np.random.Generator],
    ) -> list[list[tuple[float, int]]]:
        """Return the log-probabilities and tokens that may extend each row."""
        preferred = self.terms.biased(logits, matches) if self.terms else logits
        if self.temperature > 0:
            thresholds = np.array([[generator.random()] for generator in generators])
            tokens = _sample(preferred, self.temperature, thresholds)
        elif self._width == 1:
            # One candidate suffices: if it is the end token, the text is finished.
            tokens = preferred.argmax(axis=-1, keepdims=True)
        else:
            n_best = min(self._width + 1, logits.shape[-1])
            tokens = np.argpartition(preferred, -n_best)[:, -n_best:]
        values = np.take_along_axis(logits, tokens, axis=-1) - log_sum_exp(logits)
        return [
            list(zip(*row, strict=True))
            for row in zip(values.tolist(), tokens.tolist(), strict=True)
        ]

    def _extend(
        self,
        beams: list[Beam],
        candidates: list[list[tuple[float, int]]],
        queries: NDArray[np.float32],
        finished: list[Hypothesis],
    ) -> list[Beam]:
        """Return the best beams with one more token; add those that end to `finished`."""
        ranked = sorted(
            (
                (logprob, token, beam, self._match(beam, token))
                for beam in beams
                for logprob, token in candidates[beam.row]
                if math.isfinite(logprob)
            ),
            key=lambda candidate: -(candidate[2].logprob + candidate[0] + candidate[3].bonus),
        )
        kept: list[Beam] = []
        for logprob, token, beam, match in ranked:
            if token == self.end_token:
                finished.append(beam.end(logprob, queries[beam.row], match.bonus))
            else:
                kept.append(beam.extended(token, logprob, queries[beam.row], match))
            if len(kept) == self._width:
                break
        return kept

    def _match(self, beam: Beam, token: int) -> Match:
        return self.terms.follow(beam.match, token) if self.terms else beam.match

    def _step(self, decoder: Decoder, live: dict[int, list[Beam]]) -> DecoderOutput:
        """Select the rows of the live beams, and read their last tokens."""
        beams = [beam for kept in live.values() for beam in kept]
        decoder.select([beam.row for beam in beams])
        row = 0
        for chunk, kept in live.items():
            live[chunk] = [replace(beam, row=row + n) for n, beam in enumerate(kept)]
            row += len(kept)
        return decoder.advance(np.array([[beam.tokens[-1]] for beam in beams]))


def log_sum_exp(logits: Logits) -> NDArray[np.float32]:
    """Return the logarithm of the sum of the exponentials, shape (rows, 1)."""
    largest = logits.max(axis=-1, keepdims=True)
    return largest + np.log(np.exp(logits - largest).sum(axis=-1, keepdims=True))


def _sample(
    logits: Logits, temperature: float, thresholds: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Sample a token for each row with its random number in [0, 1); both have shape (rows, 1)."""
    # Subtract the maximum first, so that a tiny temperature cannot overflow.
    scaled = (logits - logits.max(axis=-1, keepdims=True)).astype(np.float64) / temperature
    cumulated = np.exp(scaled).cumsum(axis=-1)
    return (cumulated <= thresholds * cumulated[:, -1:]).sum(axis=-1, keepdims=True)
