"""Any text goes through all steps: no word is lost, and what the model wrote can be had back."""

import pytest

from backend.readable.punctuation import lacks_punctuation, with_punctuation
from backend.readable.text import write_readable
from contracts.options import TranscribeOptions
from contracts.transcription import ChunkSegment
from unit.backend.readable.test_punctuation import segment
from unit.backend.readable.words import spoken_in

TERMS = ["джи пи ти = GPT", "Скайлс", "C++", ".*", "(скобка", "a|b", "\\d+ штук"]
GLOSSARY = [term for term in TERMS if any(map(str.isalpha, term))]

EVERYTHING = {"numbers": "digits", "typography": "auto", "glossary": GLOSSARY}

N_WORDS = 10_000
"""An hour and a half of speech without a mark."""


def written(text: str, language: str = "ru", **options: object) -> ChunkSegment:
    chosen = TranscribeOptions.model_validate({**EVERYTHING, **options})
    (found,) = write_readable([segment(text)], language, chosen)
    assert spoken_in(found.words or []) == text.split()
    assert (found.raw_text or found.text) == text
    return found


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_text_stays(text: str) -> None:
    empty = segment("да").model_copy(update={"text": text, "words": []})
    assert write_readable([empty], "ru", TranscribeOptions.model_validate(EVERYTHING)) == [empty]
    assert not lacks_punctuation(empty.words or [])


@pytest.mark.parametrize(
    "text",
    [
        "да",
        "наш backend отвечает за twenty пять секунд one of them",
        "в 2024 году 15 человек заплатили 3,5 %",
        "<b>жирный</b> &amp; **звёзды** {{ шаблон }} |",
        "C\u0431ep .* (скобка \\d+",
        " ".join(["слово"] * N_WORDS),
    ],
    ids=["one word", "two languages", "digits", "markup", "patterns", "ten thousand words"],
)
def test_marks_and_all_other_steps_keep_the_words(text: str) -> None:
    """Else the sound would put words into a text, or lose them, where the text is unusual."""
    marked = [f"{word[0].upper()}{word[1:]}." for word in text.split()]
    sentences = with_punctuation([segment(text)], marked)
    options = TranscribeOptions.model_validate(EVERYTHING)
    found = write_readable(sentences, "ru", options)
    assert [word for one in found for word in spoken_in(one.words or [])] == text.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("да", "да"), ("двадцать", "20"), ("скайлс", "Скайлс"), ("еще", "ещё"), ("—", "—")],
)
def test_one_word_is_a_text(text: str, expected: str) -> None:
    assert written(text).text == expected


def test_ten_thousand_words_without_a_pause() -> None:
    text = " ".join(["это", "стоит", "двадцать", "пять", "рублей"] * (N_WORDS // 5))
    assert written(text).text == " ".join(["это", "стоит", "25", "рублей"] * (N_WORDS // 5))


def test_russian_and_english_in_one_text() -> None:
    text = "наш backend на джи пи ти отвечает за twenty пять секунд one of them"
    expected = "наш backend на GPT отвечает за twenty 5 секунд one of them"
    assert written(text).text == expected


@pytest.mark.parametrize(
    "text",
    [
        "В 2024 году 15 человек, в 7:30, заплатили 1200 рублей и 3,5 %.",
        "+7 921 345-67-89, 1/2, №5, 100%, 10–12, 1.5e-3, 2-й, XXI век, 0005",
    ],
)
def test_digits_that_the_model_wrote_stay(text: str) -> None:
    assert written(text).text == text


@pytest.mark.parametrize(
    "text",
    [
        "<b>жирный</b> <script>alert(1)</script> &amp; &nbsp;",
        "**звёзды** `код` [ссылка](http://a/b) # ![](x) | в | г |",
        "{\\an8}WEBVTT --> <i> {{ шаблон }} %s $HOME \\n",
    ],
)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_markup_is_text(text: str, language: str) -> None:
    assert written(text, language).text == text


def test_a_term_in_letters_that_look_alike_is_found() -> None:
    """«Cбep» with Latin letters and «сбер» are one word to a reader."""
    latin = "C\u0431ep"
    assert written("в сбер", glossary=[latin]).text == "в Сбер"
    assert written(f"в {latin}", glossary=["Сбер"]).text == "в Сбер"


def test_five_hundred_terms_with_duplicates() -> None:
    lines = [f"Скайлс{chr(ord('а') + n % 25)}{chr(ord('а') + n // 25)}" for n in range(500)]
    assert written("он скайлсба", glossary=lines * 2).text == "он Скайлсба"
