"""A glossary is tidied, and a bad line is named before anything is transcribed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.glossary import Term, in_one_alphabet, parse_glossary, with_terms
from contracts.options import DecodingOptions, TranscribeOptions


def tidied(glossary: object) -> str:
    return DecodingOptions.model_validate({"glossary": glossary}).glossary


def test_lines_are_tidied_and_duplicates_dropped() -> None:
    assert tidied("  Аэлита \r\n\nАэлита\n\tЛось\u200b \n") == "Аэлита\nЛось"
    assert tidied(["Аэлита", "Лось"]) == "Аэлита\nЛось"
    assert tidied("") == ""


def test_no_glossary_and_an_empty_one_differ() -> None:
    """Else the saved glossary could not be switched off for one recording."""
    assert TranscribeOptions().glossary is None
    assert TranscribeOptions(glossary=" ").glossary == ""
    assert TranscribeOptions().decoding().glossary == ""


def test_an_added_term_replaces_one_that_is_spoken_alike() -> None:
    """Else an older line could win over what the user has just asked for."""
    glossary = with_terms("лось = Лось\nАэлита", "Лось = ЛОСЬ\nГусев")
    assert glossary == "Аэлита\nЛось = ЛОСЬ\nГусев"
    assert with_terms("", "Лось") == "Лось"
    full = "\n".join(f"слово{n}" for n in range(500))
    assert with_terms(full, "слово7") == with_terms(full.replace("слово7\n", ""), "слово7")
    with pytest.raises(ValueError, match="501"):
        with_terms(full, "ещё")


def test_a_tidied_glossary_is_tidy() -> None:
    """Else a stored job would not be equal to its request."""
    once = tidied("джи пи ти  =  GPT\nCбep")
    assert tidied(once) == once


def test_a_term_may_be_spoken_in_another_way() -> None:
    assert parse_glossary(tidied("джи пи ти = GPT\nЛось")) == [
        Term("джи пи ти", "GPT"),
        Term("Лось", "Лось"),
    ]


def test_of_two_ways_to_write_the_same_the_last_one_counts() -> None:
    assert parse_glossary(tidied("лось = Лось\nЛось = ЛОСЬ")) == [Term("Лось", "ЛОСЬ")]


@pytest.mark.parametrize("text", ["C++", ".NET", "a(b[c*d]e)?", "\\d+ рублей", "x|y", "^слово$"])
def test_characters_of_patterns_are_characters(text: str) -> None:
    assert parse_glossary(tidied(text)) == [Term(text, text)]


@pytest.mark.parametrize(
    ("glossary", "message"),
    [
        ("Лось\n" + "а" * 10_000, "line 2 has 10000 characters; at most 200 are allowed"),
        ("\n".join(f"слово{n}" for n in range(501)), "it has 501 terms; at most 500 are allowed"),
        ("Лось\n.*", "line 2 has no word"),
        ("= Лось", "line 1 has no word"),
        ("Лось =", "line 1 has no word"),
        ("а" * 200_000, "at most 101000"),
        (5, "valid string"),
    ],
)
def test_a_bad_glossary_is_refused_with_the_number_of_its_line(
    glossary: object, message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        tidied(glossary)


def test_duplicates_do_not_count() -> None:
    assert tidied("\n".join(["Лось"] * 1_000)) == "Лось"


def test_letters_of_the_other_alphabet_that_look_alike_are_replaced() -> None:
    """«Сбер» with a Latin C is never found by a search for it."""
    assert in_one_alphabet("C\u0431ep") == "\u0421\u0431\u0435\u0440"
    assert in_one_alphabet("Мicrоsоft") == "Microsoft"
    assert in_one_alphabet("iPhone и SIM-карта, COM") == "iPhone и SIM-карта, COM"


@given(st.text(max_size=300))
def test_any_text_is_tidied_or_refused(glossary: str) -> None:
    try:
        text = tidied(glossary)
    except ValidationError:
        return
    assert tidied(text) == text
    assert all(term.spoken and term.written for term in parse_glossary(text))
