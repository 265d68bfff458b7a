"""Greedy, sampling and beam search over a batch of chunks, one loop for all three.

Written anew rather than taken from `generate()` because the encoder's projected keys are
kept between detecting the language and decoding, which `generate()` of transformers 5
cannot continue from, and because rows that have ended leave the batch at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Decoder(Protocol):
    """A decoder in the middle of its work on some rows."""

    def advance(self, tokens: Tensor) -> Tensor:
        """Read tokens (rows, n) int64; return logits (rows, vocabulary) after the last."""
        ...

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows, in this order; one may stand there more than once."""
        ...


class LogitRules(Protocol):
    """Which tokens may come next."""

    def __call__(self, written: Tensor, logits: Tensor) -> Tensor:
        """Return the logits with the forbidden ones at -inf.

        Args:
            written: shape (rows, n), int64, the tokens so far, without the prompt.
            logits: shape (rows, vocabulary).
        """
        ...


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A finished text.

    Attributes:
        tokens: without the prompt and the end.
        avg_logprob: mean natural log-probability of the tokens and the end, before any
            temperature.
    """

    tokens: tuple[int, ...]
    avg_logprob: float


@dataclass(frozen=True, slots=True)
class _Beam:
    tokens: tuple[int, ...]
    logprob: float
    row: int

    def end(self, logprob: float) -> Hypothesis:
        """Return the text with its end, given the log-probability of both."""
        return Hypothesis(self.tokens, logprob / (len(self.tokens) + 1))

    def cut(self) -> Hypothesis:
        """Return the text of a beam that has not ended, but may not go on."""
        return Hypothesis(self.tokens, self.logprob / max(1, len(self.tokens)))


@dataclass(frozen=True, slots=True)
class Search:
    """How to look for the best text.

    Attributes:
        end_token: ends a text.
        max_tokens: most tokens of a text.
        beam_size: hypotheses kept for each chunk; 1 is greedy.
        temperature: above 0, tokens are drawn, and `beam_size` has no meaning.
    """

    end_token: int
    max_tokens: int
    beam_size: int
    temperature: float

    def run(self, decoder: Decoder, logits: Tensor, rules: LogitRules) -> list[Hypothesis]:
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
        live = {chunk: [_Beam((), 0.0, chunk)] for chunk in range(len(logits))}
        for _ in range(self.max_tokens):
            written = torch.tensor(
                [beam.tokens for beams in live.values() for beam in beams],
                dtype=torch.long,
                device=logits.device,
            )
            candidates = self._candidates(rules(written, logits))
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

    def _candidates(self, logits: Tensor) -> list[list[tuple[float, int]]]:
        """Return, for each row, the log-probabilities and tokens that may extend it."""
        logprobs = logits.log_softmax(-1)
        if self.temperature > 0:
            # from the largest down, so that a tiny temperature cannot overflow
            falling = logits - logits.amax(-1, keepdim=True)
            tokens = _draw((falling / self.temperature).softmax(-1))
        else:
            tokens = logprobs.topk(self._width + 1).indices
        values = logprobs.gather(-1, tokens)
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
                (beam.logprob + logprob, token, beam)
                for beam in beams
                for logprob, token in candidates[beam.row]
                if math.isfinite(logprob)
            ),
            key=lambda candidate: -candidate[0],
        )
        kept: list[_Beam] = []
        for logprob, token, beam in ranked:
            if token == self.end_token:
                finished.append(beam.end(logprob))
            else:
                kept.append(_Beam((*beam.tokens, token), logprob, beam.row))
            if len(kept) == self._width:
                break
        return kept

    def _step(self, decoder: Decoder, live: dict[int, list[_Beam]]) -> Tensor:
        """Move the decoder's rows to the beams that live, and read their last tokens."""
        beams = [beam for kept in live.values() for beam in kept]
        decoder.select([beam.row for beam in beams])
        row = 0
        for chunk, kept in live.items():
            live[chunk] = [_Beam(beam.tokens, beam.logprob, row + n) for n, beam in enumerate(kept)]
            row += len(kept)
        return decoder.advance(torch.tensor([[beam.tokens[-1]] for beam in beams]))


def _draw(probabilities: Tensor) -> Tensor:
    """Draw a token for each row, shape (rows, 1), all with one random number.

    So what is drawn for a chunk depends on the seed, but not on the others in its batch.
    """
    summed = probabilities.cumsum(-1)
    mark = torch.rand(1).to(summed) * summed[:, -1:]
    return torch.searchsorted(summed, mark, right=True).clamp(max=summed.shape[-1] - 1)
