"""A glossary: terms and names that are likely to be spoken, and how to write them.

A line is a term, or `spoken = written`. The user's lines are checked and tidied here; both services
read them with `parse_glossary`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

MAX_GLOSSARY_LINES = 500
MAX_GLOSSARY_LINE_CHARS = 200
MAX_GLOSSARY_CHARS = MAX_GLOSSARY_LINES * (MAX_GLOSSARY_LINE_CHARS + len("\r\n"))

_LATIN_LOOK_ALIKES = "aceopxyABCEHKMOPTXY"
_CYRILLIC_LOOK_ALIKES = "асеорхуАВСЕНКМОРТХУ"
_to_cyrillic = str.maketrans(_LATIN_LOOK_ALIKES, _CYRILLIC_LOOK_ALIKES)
_to_latin = str.maketrans(_CYRILLIC_LOOK_ALIKES, _LATIN_LOOK_ALIKES)
_latin = re.compile("[a-zA-Z]")
_cyrillic = re.compile("[а-яёА-ЯЁ]")
_line_end = re.compile(r"\r\n?|\n")
_word = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Term:
    """A term: how it is spoken, and how it is to be written."""

    spoken: str
    written: str


def parse_glossary(glossary: str) -> list[Term]:
    """Return the terms of a tidied glossary, each spoken form once."""
    terms = [_parse_line(line) for line in glossary.splitlines()]
    return list({term.spoken.casefold(): term for term in terms}.values())


def with_terms(glossary: str, added: str) -> str:
    """Return a glossary with terms of another one, which replace those that are spoken alike.

    Args:
        glossary: tidied.
        added: tidied.

    Raises: ValueError: together they have too many lines.
    """
    replaced = {term.spoken.casefold() for term in parse_glossary(added)}
    kept = [
        line
        for line in glossary.splitlines()
        if _parse_line(line).spoken.casefold() not in replaced
    ]
    return _tidied("\n".join([*kept, added]))


def in_one_alphabet(text: str) -> str:
    """Write each word that mixes Latin and Cyrillic letters in one of them, if that looks alike.

    «Cбep» with a Latin C, e and p becomes Cyrillic; a word that really mixes them stays.
    """
    return _word.sub(lambda match: _unmixed(match.group()), text)


def without_look_alikes(text: str) -> str:
    """Return a text in which equal-looking letters are the same characters, to compare words."""
    return text.translate(_to_cyrillic)


def _unmixed(word: str) -> str:
    if not (_latin.search(word) and _cyrillic.search(word)):
        return word
    for table, foreign in ((_to_cyrillic, _latin), (_to_latin, _cyrillic)):
        written = word.translate(table)
        if not foreign.search(written):
            return written
    return word


def _parse_line(line: str) -> Term:
    spoken, equals, written = (part.strip() for part in line.partition("="))
    return Term(spoken, written if equals else spoken)


def _as_text(value: object) -> object:
    """Join lines that come as a list, as in JSON."""
    if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
        lines: Sequence[object] = value
        return "\n".join(str(line) for line in lines)
    return value


def _tidied(glossary: str) -> str:
    """Return the lines with single spaces, without blank lines and duplicates.

    Raises:
        ValueError: a line is too long or has no words, or there are too many.
    """
    lines: dict[str, None] = {}
    for number, raw in enumerate(_line_end.split(glossary), 1):
        if len(raw) > MAX_GLOSSARY_LINE_CHARS:
            raise ValueError(
                f"line {number} has {len(raw)} characters; "
                f"at most {MAX_GLOSSARY_LINE_CHARS} are allowed"
            )
        visible = "".join(c if c.isprintable() else " " for c in raw)
        line = in_one_alphabet(" ".join(visible.split()))
        if not line:
            continue
        term = _parse_line(line)
        if not (_word.search(term.spoken) and _word.search(term.written)):
            raise ValueError(f"line {number} has no word to write, or none that is spoken")
        lines[line] = None
    if len(lines) > MAX_GLOSSARY_LINES:
        raise ValueError(f"it has {len(lines)} terms; at most {MAX_GLOSSARY_LINES} are allowed")
    return "\n".join(lines)


Glossary = Annotated[
    str,
    BeforeValidator(_as_text),
    Field(max_length=MAX_GLOSSARY_CHARS),
    AfterValidator(_tidied),
]
"""Lines of terms; a list of lines is accepted too."""


class SavedGlossary(BaseModel):
    """The saved glossary of an owner."""

    model_config = ConfigDict(extra="forbid")

    glossary: Glossary = Field(description="Lines of terms, or `spoken = written`; empty: none.")


class GlossaryAddition(BaseModel):
    """Body of `POST /v1/glossary`: terms for the saved glossary."""

    model_config = ConfigDict(extra="forbid")

    terms: Glossary = Field(
        description="Lines of terms, or `spoken = written`; they replace those spoken alike."
    )
