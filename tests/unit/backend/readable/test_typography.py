"""Russian text is written with its own marks and ё, and no word becomes another one."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.readable.typography import typography_step
from unit.backend.readable.words import text_of, words_of

russian = typography_step("ru")
assert russian is not None
step = russian

PLAIN = str.maketrans({**dict.fromkeys('«»"“”„‟', '"'), "—": "-", "–": "-", "ё": "е", "Ё": "Е"})


def plain(text: str) -> str:
    """Return a text with the differences that typography may make taken out."""
    return text.translate(PLAIN).replace("--", "-")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Газета "Труд" и "Новый мир".', "Газета «Труд» и «Новый мир»."),
        ('("Труд"), “Мир”', "(«Труд»), «Мир»"),
        ('Он сказал: "да', "Он сказал: «да"),
        ('конец цитаты".', "конец цитаты»."),
        ('" Труд "', "« Труд »"),
        ('Экран 15" и труба 2"', 'Экран 15" и труба 2"'),
        ('Отель "Космос 5" закрыт', "Отель «Космос 5» закрыт"),
        ("Москва - столица", "Москва — столица"),
        ("- Да. -- Нет.", "— Да. — Нет."),
        ("кто-то -5 из-за 3-4 -то", "кто-то -5 из-за 3-4 -то"),
        ("Еще ЕЁ елка, идет самолет.", "Ещё ЕЁ ёлка, идёт самолёт."),
        ("ЕЩЕ", "ЕЩЁ"),
        ("все небо осел узнает берет", "все небо осел узнает берет"),
        ("Артем Королев, Федоров", "Артем Королев, Федоров"),
        ("абвгеще афера", "абвгеще афера"),
    ],
)
def test_text_is_written_as_russian_typography_has_it(text: str, expected: str) -> None:
    assert text_of(step(words_of(text))) == expected


PIECES = st.sampled_from([*"\"“”„‟«»-–—()., 5'", "--", "еще", "Все", "ёлка", "идет", "word"])


@given(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=12).map("".join)))
@example('""')
@example("İе\u0308еще")
def test_only_quotes_dashes_and_yo_change_and_all_can_be_undone(text: str) -> None:
    words = words_of(text)
    written = step(words)
    assert [word.spoken or word.word for word in written] == [word.word for word in words]
    assert [plain(word.word) for word in written] == [plain(word.word) for word in words]
    assert [(word.start, word.end) for word in written] == [
        (word.start, word.end) for word in words
    ]


@given(st.lists(PIECES, max_size=12).map("".join))
def test_written_text_stays_as_it_is(text: str) -> None:
    once = step(words_of(text))
    assert text_of(step(words_of(text_of(once)))) == text_of(once)


def test_other_languages_have_no_rules_here() -> None:
    assert typography_step("en") is None
