"""Terms are preferred where they are almost as probable, and never anywhere else."""

import numpy as np
import pytest

from llm.engines.whisper.search import Hypothesis, Logits, Search
from llm.engines.whisper.term_trie import BEGIN_BONUS, MAX_BONUS, STEP_BONUS, Match, TermTrie
from unit.llm.engines.whisper.test_search import END, VOCABULARY, MarkovDecoder, keep_all, logprob

START, LIKE, TERM, NAME = 1, 2, 3, 4


def search(table: Logits, trie: TermTrie, beam_size: int) -> Hypothesis:
    decoder = MarkovDecoder(table[None])
    output = decoder.advance(np.array([[START]]))
    return Search(END, 4, beam_size, 0, terms=trie).run(decoder, output, keep_all)[0]


def table_of(**gaps: float) -> Logits:
    """Return logits in which TERM follows TERM's rival less probably by a gap."""
    table = np.full((VOCABULARY, VOCABULARY), -30.0, np.float32)
    table[START, LIKE], table[START, TERM] = 0.0, -gaps.get("first", 0.1)
    table[LIKE, END] = 0.0
    table[TERM, END], table[TERM, NAME] = 0.0, -gaps.get("second", 1.0)
    table[NAME, END] = 0.0
    return table


@pytest.mark.parametrize("beam_size", [1, 3])
def test_a_term_that_is_almost_as_probable_is_written(beam_size: int) -> None:
    table = table_of(first=BEGIN_BONUS / 2, second=STEP_BONUS / 2)
    assert search(table, TermTrie([]), beam_size).tokens != (TERM, NAME)
    assert search(table, TermTrie([(TERM, NAME)]), beam_size).tokens == (TERM, NAME)


@pytest.mark.parametrize("beam_size", [1, 3])
def test_an_improbable_term_is_not_written(beam_size: int) -> None:
    """Else every name would be heard everywhere."""
    table = table_of(first=BEGIN_BONUS + STEP_BONUS + 0.5, second=STEP_BONUS + 0.5)
    assert search(table, TermTrie([(TERM, NAME)]), beam_size).tokens == (LIKE,)


@pytest.mark.parametrize("beam_size", [1, 3])
def test_the_probabilities_are_those_without_the_bonus(beam_size: int) -> None:
    """Else a preferred term would never be marked as unsure."""
    table = table_of()
    found = search(table, TermTrie([(TERM, NAME)]), beam_size)
    assert sum(found.logprobs) == pytest.approx(logprob(table, found.tokens), abs=1e-4)
    whole = logprob(table, [*found.tokens, END])
    assert found.avg_logprob == pytest.approx(whole / 3, abs=1e-4)
    assert found.score > found.avg_logprob


def test_a_hypothesis_that_leaves_a_term_gives_the_bonus_back() -> None:
    trie = TermTrie([(1, 2, 3, 4), (5, 6)])
    inside = trie.follow(trie.follow(Match(), 1), 2)
    assert inside.bonus == BEGIN_BONUS + STEP_BONUS
    assert trie.follow(inside, 5).bonus == BEGIN_BONUS, "only that of the term that begins now"
    assert trie.follow(inside, 9).bonus == 0


def test_a_declined_term_keeps_the_bonus() -> None:
    trie = TermTrie([(1, 2, 3)])
    inside = trie.follow(trie.follow(Match(), 1), 2)
    assert trie.follow(inside, 9).bonus == BEGIN_BONUS + STEP_BONUS


def test_a_long_term_gets_no_more_than_the_limit() -> None:
    tokens = tuple(range(1, 30))
    trie, match = TermTrie([tokens]), Match()
    for token in tokens:
        match = trie.follow(match, token)
    assert match.bonus == MAX_BONUS
    biased = trie.biased(np.zeros((1, 40), np.float32), [match])
    assert biased.max() == BEGIN_BONUS


def test_only_the_rows_within_a_term_prefer_its_next_token() -> None:
    trie = TermTrie([(1, 2)])
    logits = np.zeros((2, 4), np.float32)
    biased = trie.biased(logits, [Match(), trie.follow(Match(), 1)])
    assert biased.tolist() == [
        [0, BEGIN_BONUS, 0, 0],
        [0, BEGIN_BONUS, STEP_BONUS, 0],
    ]
    assert not logits.any()
