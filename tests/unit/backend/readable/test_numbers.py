"""Numbers are written as an editor writes them, and what was said is kept."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.readable.numbers import numbers_step
from unit.backend.readable.words import spoken_in, text_of, words_of

SENTENCES = Path(__file__).with_name("number_sentences.tsv")
"""Spoken sentences, how an editor writes them (`~` is a no-break space), and the known errors."""

SOME_WORDS = st.sampled_from(
    [
        *("два", "двадцать", "пять,", "тысяч", "рублей.", "процентов", "и", "без", "четверти"),
        *("первого", "мая", "году", "ноль", "целых", "десятых", "«сто", "двадцать»", "minus"),
        *("5", "XX", "час?", "человек", "—", "ёж"),
    ]
)


def sentences() -> list[dict[str, str]]:
    text = SENTENCES.read_text(encoding="utf-8").replace("~", "\N{NO-BREAK SPACE}")
    return list(csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("line", sentences(), ids=lambda line: line["spoken"])
def test_numbers_are_written_as_an_editor_writes_them(line: dict[str, str]) -> None:
    step = numbers_step(line["language"])
    assert step
    found = text_of(step(words_of(line["spoken"])))
    assert found == (line["found_instead"] or line["written"])


def test_94_of_100_sentences_are_right() -> None:
    """The share that docs/PERFORMANCE.md tells."""
    lines = sentences()
    assert len(lines) >= 260
    assert sum(bool(line["found_instead"]) for line in lines) <= 0.06 * len(lines)


@given(st.lists(SOME_WORDS, max_size=30))
@settings(deadline=None)
def test_no_spoken_word_is_lost_and_times_stay_in_order(spoken: list[str]) -> None:
    step = numbers_step("ru")
    assert step
    given_words = words_of(" ".join(spoken)) if spoken else []
    written = step(given_words)
    assert spoken_in(written) == spoken
    assert [word.start for word in written] == sorted(word.start for word in written)
    if given_words:
        assert (written[0].start, written[-1].end) == (given_words[0].start, given_words[-1].end)


def test_a_rewritten_word_keeps_what_was_said_its_times_and_the_lowest_probability() -> None:
    step = numbers_step("ru")
    assert step
    spoken = words_of("стоит сто двадцать пять, не меньше")
    spoken[2].probability = 0.4
    number = step(spoken)[1]
    assert (number.word, number.spoken) == ("125,", "сто двадцать пять,")
    assert (number.start, number.end, number.probability) == (1, 3.5, 0.4)


def test_a_language_without_a_grammar_has_no_step() -> None:
    assert numbers_step("ja") is None
