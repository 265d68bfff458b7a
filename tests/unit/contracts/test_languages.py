"""The languages that a client asks for."""

import pytest

from contracts.languages import preferred_languages


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("en-GB,en;q=0.9,ru;q=0.8", ["en", "en", "ru"]),
        ("kk, ru;q=0.5, en;q=0.7", ["kk", "en", "ru"]),
        ("en;q=0, RU", ["ru"]),
        ("en;q=x, *", ["*"]),
        ("", [""]),
    ],
)
def test_the_languages_of_a_browser_are_ordered_by_its_preference(header: str, expected: list[str]):
    """A first visit would open in a language that the visitor ranks lower or refuses."""
    assert preferred_languages(header) == expected
