"""Terms are written as the glossary has them, and ordinary words stay."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.readable.glossary import glossary_step
from contracts.options import DecodingOptions
from contracts.transcription import Word
from unit.backend.readable.words import spoken_in, text_of, words_of


def written(text: str, *terms: str, language: str = "ru") -> str:
    return text_of(rewritten(text, *terms, language=language))


def rewritten(text: str, *terms: str, language: str = "ru") -> list[Word]:
    glossary = DecodingOptions.model_validate({"glossary": terms}).glossary
    step = glossary_step(glossary, language)
    assert step is not None
    return step(words_of(text))


def test_no_glossary_is_no_step() -> None:
    assert glossary_step("", "ru") is None


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("по госту и айфон", ["ГОСТ", "айфон = iPhone"], "по ГОСТу и iPhone"),
        ("введите пинкод, пин-код.", ["ПИН-код"], "введите ПИН-код, ПИН-код."),
        ("язык си плюс плюс", ["си плюс плюс = C++"], "язык C++"),
        ("слово (Gpt)", ["GPT"], "слово (GPT)"),
        ("Еж и еж", ["ёж"], "Ёж и ёж"),
    ],
)
def test_a_term_is_written_in_its_own_way(text: str, terms: list[str], expected: str) -> None:
    assert written(text, *terms) == expected


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("вижу аэлиту, с аэлитой", ["Аэлита"], "вижу Аэлиту, с Аэлитой"),
        ("льву толстому", ["Лев Толстой"], "Льву Толстому"),
        ("эмме бовари", ["Эмма Бовари"], "Эмме Бовари"),
        ("теорию вероятностей", ["теория Вероятностей"], "теорию Вероятностей"),
        ("о тинькоффе", ["Тинькофф = Т-Банк"], "о Т-Банке"),
        ("в санкт-петербурге", ["Санкт-Петербург"], "в Санкт-Петербурге"),
    ],
)
def test_names_are_declined(text: str, terms: list[str], expected: str) -> None:
    assert written(text, *terms) == expected


def test_a_misheard_name_is_written_right_in_its_form() -> None:
    (_, word) = rewritten("увидел скайльза.", "Скайлс")
    assert (word.word, word.spoken) == ("Скайлса.", "скайльза.")


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("это похоже на то, что было", "НАТО"),
        ("новая компания", "Кампания Испания"),
        ("марина и мария", "Марина Цветаева"),
        ("он шёл с ней", "C"),
        ("скала, с которой", "Скайлс"),
    ],
)
def test_words_of_the_dictionary_are_not_taken_for_misheard_terms(text: str, term: str) -> None:
    assert written(text, term) == text


def test_no_mark_is_inside_a_term() -> None:
    assert written("арчибальд. скайлс пришёл", "Арчибальд Скайлс") == "арчибальд. скайлс пришёл"


def test_times_cover_the_words_that_a_term_replaces() -> None:
    (word,) = rewritten("джи пи ти", "джи пи ти = GPT")
    assert (word.word, word.spoken, word.start, word.end) == ("GPT", "джи пи ти", 0, 2.5)


def test_an_unsure_word_of_another_language_may_be_a_term() -> None:
    unsure = [word.model_copy(update={"probability": 0.2}) for word in words_of("Kubernetis")]
    step = glossary_step("Kubernetes", "en")
    assert step is not None
    assert text_of(step(unsure)) == "Kubernetes"
    assert text_of(step(words_of("Kubernetis"))) == "Kubernetis", "the model was sure"


_ANY_TEXT = st.lists(st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1), max_size=8)
_TERMS = st.lists(st.sampled_from(["Лось", "на то = НАТО", ".*", "C++", "(", "Аэлита", "а б в"]))


@settings(deadline=None)
@given(_ANY_TEXT, _TERMS)
def test_no_word_is_lost(texts: list[str], terms: list[str]) -> None:
    lines = [term for term in terms if any(map(str.isalnum, term))]
    if not lines:
        return
    text = " ".join(texts)
    assert spoken_in(rewritten(text, *lines)) == text.split()


def test_a_full_glossary_is_no_obstacle() -> None:
    """Reading one that is all names takes a second, once; a test of its time would be unsteady."""
    names = [f"Скайлс{chr(ord('а') + n % 32)}{chr(ord('а') + n // 32)}" for n in range(500)]
    assert written("он скайлсаб", *names) == "он Скайлсаб"
