"""Russian is written as print does, and only where that is certain."""

import pytest

from backend.readable.typography import typography_step
from unit.backend.readable.words import spoken_in, text_of, words_of


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("еще один елка", "ещё один ёлка"),
        ("Еще ЕЩЕ", "Ещё ЕЩЁ"),
        ("все берет", "все берет"),  # «всё» and «берёт» are words too
        ('роман "Война и мир", том', "роман «Война и мир», том"),
        ("он сказал... и ушел", "он сказал… и ушёл"),
        ("„Правда“ пишет", "«Правда» пишет"),
        ('экран 5" и "дом"', 'экран 5" и «дом»'),
    ],
)
def test_russian_is_printed(written: str, printed: str) -> None:
    step = typography_step("ru")
    assert step
    words = words_of(written)
    result = step(words)
    assert text_of(result) == printed
    assert spoken_in(result) == written.split()


def test_a_hyphen_between_words_becomes_a_dash() -> None:
    step = typography_step("ru")
    assert step
    words = words_of("Москва столица")
    words[0].word = "Москва -"
    assert step(words)[0].word == "Москва\N{NO-BREAK SPACE}—"


def test_other_languages_have_no_step() -> None:
    assert typography_step("en") is None
