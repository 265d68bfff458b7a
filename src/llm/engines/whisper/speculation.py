"""Greedy search that verifies the draft of a smaller model, several tokens in a step.

Only tokens that the model itself chooses are written, so the text does not depend on the draft.

Source: arXiv 2211.17192, with a draft of the whole text before the first step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from llm.engines.whisper.search import (
    Beam,
    DecoderOutput,
    FilterLogits,
    Hypothesis,
    Logits,
    Queries,
    StepOutputs,
    VerifyingDecoder,
    log_sum_exp,
)
from llm.engines.whisper.term_trie import TermTrie

_SHIFT = 6
"""Most tokens by which a draft may be ahead of the text or behind it when they part."""

_CONTEXT = 3
"""Last tokens by which the place in a draft is found again."""

_MIN_READ = 2
"""Least tokens of a step. OpenVINO rounds otherwise when it reads a single one, and so a text would
depend on its draft."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is probably right.

    Attributes:
        tokens: of the text, without the prompt and the end token.
        n_proposed: most tokens to verify in one step.
    """

    tokens: tuple[int, ...]
    n_proposed: int


class DraftReader:
    """Finds the tokens of a draft that continue a text.

    Attributes:
        n_proposed: most tokens to verify in one step.
    """

    def __init__(self, draft: Draft) -> None:
        self.n_proposed = draft.n_proposed
        self._tokens = draft.tokens
        self._place = 0

    def proposals(self) -> tuple[int, ...]:
        """Return the tokens that may come next."""
        return self._tokens[self._place :][: self.n_proposed]

    def follow(self, written: Sequence[int]) -> None:
        """Move past the last token of a text; where it differs, find the place again."""
        tokens, place = self._tokens, self._place
        if tokens[place : place + 1] == (written[-1],):
            self._place += 1
            return
        nearby = range(max(place - _SHIFT, 1), min(place + 1 + _SHIFT, len(tokens)) + 1)
        # With nothing in common, the token replaces the one of the draft.
        self._place = max(
            nearby,
            key=lambda end: (_n_common(tokens[:end], written), -abs(end - place - 1)),
            default=len(tokens),
        )


def _n_common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many of the last tokens are equal."""
    n_common = 0
    for ours, theirs in zip(reversed(one[-_CONTEXT:]), reversed(other[-_CONTEXT:]), strict=False):
        if ours != theirs:
            break
        n_common += 1
    return n_common


@dataclass(slots=True)
class _Text:
    """The text of a chunk, and what its draft says next."""

    draft: DraftReader
    beam: Beam
    n_steps: int = 0
    finished: Hypothesis | None = None


@dataclass(frozen=True, slots=True)
class SpeculativeSearch:
    """A greedy search with drafts.

    Attributes:
        end_token: ends a text.
        max_tokens: most tokens of a text.
        terms: tokens to prefer; see `Search`.
    """

    end_token: int
    max_tokens: int
    terms: TermTrie | None = None

    def run(
        self,
        decoder: VerifyingDecoder,
        output: DecoderOutput,
        allowed: FilterLogits,
        drafts: Sequence[Draft],
    ) -> list[Hypothesis]:
        """Decode every chunk to its end.

        Args:
            decoder: has read the prompt; one row per chunk.
            output: of the decoder after the prompt.
            allowed: filters the logits of each step.
            drafts: one per chunk.

        Returns:
            The text that `Search` finds with a beam of one, per chunk, except where two tokens are
            equally probable within the rounding of the decoder.
        """
        texts = [_Text(DraftReader(draft), Beam.empty(row)) for row, draft in enumerate(drafts)]
        for text, logits, queries in zip(texts, output.logits, output.queries, strict=True):
            self._accept(text, (), StepOutputs(logits[None], queries[None]), allowed)
        live = texts
        while rows := [row for row, text in enumerate(live) if text.finished is None]:
            if len(rows) < len(live):
                decoder.select(rows)
                live = [live[row] for row in rows]
            self._step(decoder, live, allowed)
        return [text.finished for text in texts if text.finished is not None]

    def _step(self, decoder: VerifyingDecoder, live: list[_Text], allowed: FilterLogits) -> None:
        """Write at least one token of each text."""
        proposals = [text.draft.proposals() for text in live]
        # Few different lengths, since OpenVINO keeps memory for each.
        n_proposed = max(text.draft.n_proposed for text in live) if any(proposals) else 0
        n_tokens = max(1 + n_proposed, _MIN_READ)
        tokens = np.full((len(live), n_tokens), self.end_token)
        for row, (text, proposed) in enumerate(zip(live, proposals, strict=True)):
            tokens[row, : 1 + len(proposed)] = [text.beam.tokens[-1], *proposed]
        outputs = decoder.verify(tokens)
        n_right = [
            self._accept(text, proposed, StepOutputs(*of_row), allowed)
            for text, proposed, *of_row in zip(
                live, proposals, outputs.logits, outputs.queries, strict=True
            )
        ]
        decoder.keep(n_right)

    def _accept(
        self, text: _Text, proposed: Sequence[int], outputs: StepOutputs, allowed: FilterLogits
    ) -> int:
        """Write the model's tokens up to the first one that was not proposed.

        Args:
            text: to write to.
            proposed: tokens that were read after the last one of the text.
            outputs: after the last one and after each proposed one, without the rows.
            allowed: filters the logits.

        Returns:
            How many of the tokens that were read belong to the text.
        """
        text.n_steps += 1
        n_read = 0
        for proposal in (*proposed, None):
            token = self._write(text, outputs.logits[[n_read]], outputs.queries[n_read], allowed)
            n_read += 1
            if text.finished is not None or token != proposal:
                break
        return n_read

    def _write(self, text: _Text, logits: Logits, queries: Queries, allowed: FilterLogits) -> int:
        """Write the most probable token, given logits of shape (1, vocabulary); return it."""
        beam = text.beam
        filtered = allowed(len(beam.tokens), logits)
        preferred = self.terms.biased(filtered, [beam.match]) if self.terms else filtered
        token = int(preferred.argmax())
        logprob = float((filtered[:, token] - log_sum_exp(filtered)).item())
        match = self.terms.follow(beam.match, token) if self.terms else beam.match
        if token == self.end_token:
            finished = beam.end(logprob, queries, match.bonus)
        else:
            beam = beam.extended(token, logprob, queries, match)
            text.draft.follow(beam.tokens)
            finished = beam.cut_off() if len(beam.tokens) == self.max_tokens else None
        text.beam = beam
        text.finished = replace(finished, n_steps=text.n_steps) if finished else None
        return token
