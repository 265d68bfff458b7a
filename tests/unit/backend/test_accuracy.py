"""If these fail, models are compared by wrong figures."""

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.accuracy import (
    count_errors,
    figure_of,
    percent_wrong,
    plain_words,
    surely_more_errors,
)

WORDS = st.lists(st.sampled_from(["да", "нет", "Ёж,", "кое-что", "—"]), max_size=8).map(" ".join)


def test_errors_are_counted_where_they_are() -> None:
    words, characters = count_errors(["Раз, два.", "Три, четыре!"], "раз два тли четыре пять")
    assert words.tolist() == [[0, 2], [2, 2]]  # «три» is wrong, «пять» is additional
    assert characters.tolist() == [[0, 7], [6, 10]]


@pytest.mark.parametrize(
    ("reference", "transcript", "errors"),
    [
        (["да", "нет"], "", [[1, 1], [1, 1]]),
        (["да"], "ну да", [[1, 1]]),
        (["", "да"], "ну да", [[0, 0], [1, 1]]),
        ([""], "да", [[1, 0]]),
        ([], "", []),
    ],
)
def test_missing_and_additional_words_count(
    reference: list[str], transcript: str, errors: list[list[int]]
) -> None:
    words, _ = count_errors(reference, transcript)
    assert words.tolist() == errors


@given(st.lists(WORDS, min_size=1, max_size=5), WORDS)
def test_the_errors_of_all_parts_are_those_of_the_whole(parts: list[str], text: str) -> None:
    """Else a long transcript would have another error rate than its parts together."""
    words, _ = count_errors(parts, text)
    reference = plain_words(" ".join(parts))
    assert words.sum(axis=0)[1] == len(reference.split())
    if reference:
        found = jiwer.process_words(reference, plain_words(text))
        n_wrong = found.substitutions + found.deletions + found.insertions
        assert words.sum(axis=0)[0] == n_wrong


def test_the_interval_holds_the_value_and_is_narrower_with_more_speech() -> None:
    few = np.array([[1, 10], [0, 10], [3, 10]], float)
    many = np.repeat(few, 30, axis=0)
    narrow, wide = figure_of(many, percent_wrong), figure_of(few, percent_wrong)
    assert wide.low <= wide.value <= wide.high
    assert narrow.value == pytest.approx(wide.value)
    assert narrow.high - narrow.low < wide.high - wide.low


def test_a_difference_by_chance_is_not_sure() -> None:
    good = np.array([[1, 10]] * 9, float)
    worse_once = good.copy()
    worse_once[0, 0] = 2
    assert not surely_more_errors(worse_once, good)
    assert surely_more_errors(good + np.array([1, 0]), good)
