"""The search finds the most probable text of each row."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.engines.whisper.search import DecoderOutput, Hypothesis, Logits, Search, Tokens

END = 0
VOCABULARY = 5


class MarkovDecoder:
    """A decoder whose next token depends on the last one, with one table per chunk.

    A query is the number of the chunk and the last token.
    """

    def __init__(self, tables: Logits) -> None:
        self._tables = tables
        self._chunk_of_row = list(range(len(tables)))

    def advance(self, tokens: Tokens) -> DecoderOutput:
        last = tokens[:, -1]
        queries = np.stack([self._chunk_of_row, last], axis=1).astype(np.float32)
        return DecoderOutput(self._tables[self._chunk_of_row, last], queries[:, None])

    def select(self, rows: Sequence[int]) -> None:
        self._chunk_of_row = [self._chunk_of_row[row] for row in rows]


def keep_all(_n_written: int, logits: Logits) -> Logits:
    return logits


def search(
    tables: Logits,
    beam_size: int,
    temperature: float = 0,
    max_tokens: int = 4,
    seeds: Sequence[int] = tuple(range(100)),
) -> list[Hypothesis]:
    decoder = MarkovDecoder(tables)
    output = decoder.advance(np.ones((len(tables), 1), np.int64))
    return Search(END, max_tokens, beam_size, temperature, seeds).run(decoder, output, keep_all)


def random_tables(n: int, seed: int) -> Logits:
    shape = (n, VOCABULARY, VOCABULARY)
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def logprob(table: Logits, text: Sequence[int]) -> float:
    logprobs = table - np.log(np.exp(table).sum(-1, keepdims=True))
    return sum(float(logprobs[a, b]) for a, b in itertools.pairwise([1, *text]))


@pytest.mark.parametrize(("beam_size", "temperature"), [(1, 0), (3, 0), (1, 0.8)])
def test_queries_are_those_of_the_text_found(beam_size: int, temperature: float) -> None:
    """Otherwise words get the times of another beam."""
    for chunk, found in enumerate(search(random_tables(6, 3), beam_size, temperature, 6)):
        queries = np.stack(found.queries)[:, 0].tolist()
        assert len(queries) == len(found.tokens) + 1
        was_cut_off = len(found.tokens) == 6
        expected = [[chunk, token] for token in (1, *found.tokens)]
        assert queries == (expected[:-1] + expected[-2:-1] if was_cut_off else expected)


@pytest.mark.parametrize(("beam_size", "temperature"), [(1, 0), (3, 0), (1, 0.8)])
def test_logprobs_are_those_of_the_text_found(beam_size: int, temperature: float) -> None:
    tables = random_tables(6, 1)
    found_all = search(tables, beam_size, temperature, max_tokens=30)
    for table, found in zip(tables, found_all, strict=True):
        whole = [*found.tokens, END] if len(found.tokens) < 30 else found.tokens
        assert found.avg_logprob == pytest.approx(logprob(table, whole) / len(whole), abs=1e-5)
        assert len(found.logprobs) == len(found.tokens)
        assert sum(found.logprobs) == pytest.approx(logprob(table, found.tokens), abs=1e-4)


def test_greedy_takes_the_best_token_of_each_row_at_each_step() -> None:
    tables = random_tables(8, 2)
    for table, found in zip(tables, search(tables, 1, max_tokens=6), strict=True):
        expected: list[int] = []
        while len(expected) < 6 and (token := int(table[([1, *expected])[-1]].argmax())) != END:
            expected.append(token)
        assert list(found.tokens) == expected


def test_a_wide_beam_finds_what_greedy_misses() -> None:
    # Token 2 looks best at first but leads to improbable tokens; 3 leads to a certain end.
    table = np.full((VOCABULARY, VOCABULARY), -20.0, np.float32)
    table[1, 2], table[1, 3] = 1.0, 0.9
    table[2] = 0.0
    table[3, END] = 5.0
    assert search(table[None], 1)[0].tokens[0] == 2
    assert search(table[None], 3)[0].tokens == (3,)


@given(st.integers(0, 2**32), st.integers(2, 4), st.integers(1, 5))
def test_rows_of_a_batch_do_not_affect_each_other(seed: int, n_rows: int, beam_size: int) -> None:
    tables = random_tables(n_rows, seed)
    for temperature in (0, 0.7) if beam_size == 1 else (0,):
        together = search(tables, beam_size, temperature)
        alone = [
            search(table[None], beam_size, temperature, seeds=[n])[0]
            for n, table in enumerate(tables)
        ]
        assert together == alone


def test_a_row_that_never_ends_is_cut_at_the_limit() -> None:
    table = np.zeros((VOCABULARY, VOCABULARY), np.float32)
    table[:, 4] = 9
    assert search(table[None], 1, max_tokens=7)[0].tokens == (4,) * 7


def test_sampling_varies_with_the_seed_and_only_with_it() -> None:
    table = np.zeros((1, VOCABULARY, VOCABULARY), np.float32)
    sampled = [search(table, 1, temperature=1, seeds=[seed])[0].tokens for seed in range(20)]
    assert len(set(sampled)) > 5
    assert sampled == [
        search(table, 1, temperature=1, seeds=[seed])[0].tokens for seed in range(20)
    ]


def test_tokens_are_sampled_by_their_probability_and_forbidden_ones_never() -> None:
    table = np.full((1, VOCABULARY, VOCABULARY), -np.inf, np.float32)
    table[:, :, 2:4] = np.log([0.25, 0.75])
    sampled = [search(table, 1, 1, max_tokens=20, seeds=[seed])[0].tokens for seed in range(50)]
    tokens = [token for text in sampled for token in text]
    assert set(tokens) == {2, 3}
    assert tokens.count(3) / len(tokens) == pytest.approx(0.75, abs=0.05)
    # Halving the temperature squares the odds: from three to one to nine to one.
    sampled = [search(table, 1, 0.5, max_tokens=20, seeds=[seed])[0].tokens for seed in range(50)]
    tokens = [token for text in sampled for token in text]
    assert tokens.count(3) / len(tokens) == pytest.approx(0.9, abs=0.04)
