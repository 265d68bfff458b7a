"""Prefer the terms of a glossary while decoding.

A trie of the terms' tokens gives a bonus to tokens that begin or continue a term. The bonus of a
step and of a term are limited, so that a term is written only where the sound nearly says so; and
a hypothesis that leaves a term gives back what it got for it.

Source: arXiv 2508.17796 (biasing Whisper by a trie, without training).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from contracts.glossary import parse_glossary
from llm.engines.whisper.vocabulary import WhisperVocabulary

BEGIN_BONUS = 0.5
"""Bonus of the first token of a term, in nats: any word of the text may begin one."""

STEP_BONUS = 2.0
"""Bonus of each further token, in nats."""

MAX_BONUS = 6.0
"""Most nats that a term gets. `bench.glossary` measures the three together; no other values were
tried."""

Biased = NDArray[np.float32]
"""Shape (vocabulary,)."""


@dataclass(slots=True)
class _Node:
    """A prefix of terms.

    Attributes:
        earned: bonus of the tokens so far.
        is_term: whether a term may end here: it does, or only its ending is another one.
    """

    earned: float
    is_term: bool = False
    following: dict[int, "_Node"] = field(default_factory=dict[int, "_Node"])


@dataclass(frozen=True, slots=True)
class Match:
    """Terms that the end of a hypothesis may belong to.

    Attributes:
        kept: bonus of the terms that are complete.
        nodes: prefixes at the end, the longest first.
    """

    kept: float = 0.0
    nodes: tuple[_Node, ...] = ()

    @property
    def bonus(self) -> float:
        """The bonus of the hypothesis, in nats."""
        return self.kept + (self.nodes[0].earned if self.nodes else 0.0)


class TermTrie:
    """The tokens of terms.

    Args:
        terms: tokens of each, the first one with the space before the word.
    """

    def __init__(self, terms: Iterable[Sequence[int]]) -> None:
        self._root = _Node(0.0)
        for tokens in terms:
            self._add(tokens)
        self._beginnings = np.array(sorted(self._root.following), np.int64)

    def __bool__(self) -> bool:
        """Whether there are any terms."""
        return bool(self._root.following)

    def biased(self, logits: NDArray[np.float32], matches: Sequence[Match]) -> NDArray[np.float32]:
        """Return logits with the bonuses added.

        Args:
            logits: shape (rows, vocabulary); not changed.
            matches: of the hypothesis in each row.
        """
        biased = logits.copy()
        biased[:, self._beginnings] += BEGIN_BONUS
        for row, match in enumerate(matches):
            for node in reversed(match.nodes):
                for token, following in node.following.items():
                    biased[row, token] = logits[row, token] + following.earned - node.earned
        return biased

    def follow(self, match: Match, token: int) -> Match:
        """Return the match of a hypothesis with one more token."""
        nodes = [
            node.following[token] for node in (*match.nodes, self._root) if token in node.following
        ]
        kept = match.kept
        longest = match.nodes[0] if match.nodes else None
        continues = longest is not None and token in longest.following
        if longest is not None and longest.is_term and not continues:
            kept += longest.earned
        return Match(kept, tuple(nodes))

    def _add(self, tokens: Sequence[int]) -> None:
        node = self._root
        for place, token in enumerate(tokens):
            gain = STEP_BONUS if place else BEGIN_BONUS
            earned = min(node.earned + gain, MAX_BONUS)
            node = node.following.setdefault(token, _Node(earned))
            # the last token of a word is often its ending, which declension changes
            node.is_term |= place >= max(len(tokens) - 2, 0)


@lru_cache(maxsize=4)
def term_trie(vocabulary: WhisperVocabulary, glossary: str) -> TermTrie:
    """Return the trie of a tidied glossary; 500 terms take a quarter of a second.

    A term is expected as it is written and as it is spoken, with a capital or without one.
    """
    spellings = {
        spelling
        for term in parse_glossary(glossary)
        for text in (term.spoken, term.written)
        for spelling in (text, text.lower(), text[:1].upper() + text[1:])
    }
    return TermTrie(vocabulary.tokens(f" {spelling}") for spelling in sorted(spellings))
