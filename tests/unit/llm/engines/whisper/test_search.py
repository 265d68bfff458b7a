"""The search finds the most probable text, and each row its own."""

import itertools
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from llm.engines.whisper.search import Search

END = 0
VOCABULARY = 5


class MarkovDecoder:
    """A decoder whose next token depends on the last one, by a table for each chunk."""

    def __init__(self, tables: Tensor) -> None:
        self._tables = tables
        self._chunk_of_row = list(range(len(tables)))

    def advance(self, tokens: Tensor) -> Tensor:
        return self._tables[self._chunk_of_row, tokens[:, -1]]

    def select(self, rows: Sequence[int]) -> None:
        self._chunk_of_row = [self._chunk_of_row[row] for row in rows]


def keep_all(_written: Tensor, logits: Tensor) -> Tensor:
    return logits


def search(tables: Tensor, beam_size: int, temperature: float = 0, max_tokens: int = 4):
    decoder = MarkovDecoder(tables)
    logits = decoder.advance(torch.full((len(tables), 1), 1))
    return Search(END, max_tokens, beam_size, temperature).run(decoder, logits, keep_all)


def logprob(table: Tensor, text: Sequence[int]) -> float:
    logprobs = table.log_softmax(-1)
    return sum(float(logprobs[a, b]) for a, b in itertools.pairwise([1, *text]))


@pytest.mark.parametrize("beam_size", [1, 3])
def test_avg_logprob_is_that_of_the_text_found(beam_size: int) -> None:
    tables = torch.randn(6, VOCABULARY, VOCABULARY, generator=torch.Generator().manual_seed(1))
    for table, found in zip(tables, search(tables, beam_size, max_tokens=30), strict=True):
        whole = [*found.tokens, END] if len(found.tokens) < 30 else found.tokens
        assert found.avg_logprob == pytest.approx(logprob(table, whole) / len(whole), abs=1e-5)


def test_greedy_takes_the_best_token_of_each_row_at_each_step() -> None:
    tables = torch.randn(8, VOCABULARY, VOCABULARY, generator=torch.Generator().manual_seed(2))
    for table, found in zip(tables, search(tables, 1, max_tokens=6), strict=True):
        expected: list[int] = []
        while len(expected) < 6 and (token := int(table[([1, *expected])[-1]].argmax())) != END:
            expected.append(token)
        assert list(found.tokens) == expected


def test_a_wide_beam_finds_what_greedy_misses() -> None:
    # token 2 looks best at first but leads to guessing; 3 leads straight to a sure end
    table = torch.full((VOCABULARY, VOCABULARY), -20.0)
    table[1, 2], table[1, 3] = 1.0, 0.9
    table[2] = 0.0
    table[3, END] = 5.0
    assert search(table[None], 1)[0].tokens[0] == 2
    assert search(table[None], 3)[0].tokens == (3,)


def test_a_row_that_never_ends_is_cut_at_the_limit() -> None:
    table = torch.zeros(VOCABULARY, VOCABULARY)
    table[:, 4] = 9
    assert search(table[None], 1, max_tokens=7)[0].tokens == (4,) * 7


def test_temperature_draws_other_texts_too() -> None:
    torch.manual_seed(0)
    table = torch.zeros(1, VOCABULARY, VOCABULARY)
    assert len({search(table, 1, temperature=1)[0].tokens for _ in range(20)}) > 5
