"""The options that a visitor chose survive a reload, in a cookie."""

import pytest

from frontend.saved_options import COOKIE, from_cookies, to_cookie

CHOSEN = {
    "language": "de",
    "normalization": "peak",
    "target_peak": 0.5,
    "beam_size": 3,
    "prompt": "Лось, Аэлита; 日本",
}


def test_what_was_chosen_comes_back_and_nothing_else():
    assert from_cookies({COOKIE: to_cookie(CHOSEN)}) == CHOSEN
    assert from_cookies({COOKIE: to_cookie({})}) == {}
    assert from_cookies({}) == {}


def test_the_value_needs_no_quotes_and_a_browser_accepts_its_length():
    letters = "".join(chr(0x4E00 + n * 7 % 20_000) for n in range(1000))
    value = to_cookie(CHOSEN | {"prompt": letters})
    assert len(value) < 4000
    assert not set(value) & set(' ;,"\\')
    assert from_cookies({COOKIE: value})["language"] == "de"


@pytest.mark.parametrize(
    "value",
    ["", "!", "AAAA", "Лось", to_cookie({"beam_size": 99}), to_cookie({"target_dbfs": -10})],
)
def test_a_cookie_of_another_version_or_hand_is_ignored(value: str):
    """Otherwise the page would show an error until the visitor clears the cookies."""
    assert from_cookies({COOKIE: value}) == {}
