import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import frontend
from contracts.audio import NormalizationMethod
from contracts.jobs import JobWarning, Stage
from contracts.problems import ProblemType
from contracts.transcription import Task
from frontend.backend_client import ExportFormat
from frontend.components.recording_input import Source
from frontend.i18n import Language, Translator
from frontend.i18n.translator import TEXTS, timecode

RU, EN = Translator(Language.RU), Translator(Language.EN)
KEYS = sorted(TEXTS[Language.RU])
PLURAL_FORMS = {Language.RU: {"one", "few", "many", "other"}, Language.EN: {"one", "other"}}


def _placeholders(text: str | dict[str, str]) -> set[str]:
    templates = text.values() if isinstance(text, dict) else [text]
    return {name for each in templates for _, name, _, _ in Formatter().parse(each) if name}


def _calls_of_translator() -> tuple[set[str], set[str]]:
    """Return the keys that the code asks for, and the patterns of those it puts together."""
    literal, patterns = set(), set()
    for path in Path(frontend.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value in TEXTS[Language.RU]:
                if path.parent.name != "i18n" or path.name == "translator.py":
                    literal.add(node.value)
            elif isinstance(node, ast.Call) and node.args and _is_translator(node.func):
                argument = node.args[0]
                if isinstance(argument, ast.Constant):
                    literal.add(argument.value)
            elif isinstance(node, ast.JoinedStr):
                patterns.add(_pattern(node))
    return literal, patterns


def _is_translator(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name == "t"


def _pattern(text: ast.JoinedStr) -> str:
    parts = [
        re.escape(part.value) if isinstance(part, ast.Constant) else r"[a-z0-9_.]+"
        for part in text.values
    ]
    return "".join(parts)


def test_both_languages_have_the_same_keys():
    assert set(TEXTS[Language.RU]) == set(TEXTS[Language.EN])


def test_both_languages_fill_in_the_same_values():
    russian, english = (
        {key: _placeholders(text) for key, text in TEXTS[language].items()} for language in Language
    )
    assert russian == english


@pytest.mark.parametrize("language", list(Language))
def test_every_plural_has_all_the_forms_of_its_language(language: Language):
    for key, text in TEXTS[language].items():
        if isinstance(text, dict):
            assert set(text) == PLURAL_FORMS[language], key


def test_the_english_page_has_no_russian_left_in_it():
    english = TEXTS[Language.EN].items()
    assert [key for key, text in english if re.search("[а-яё]", str(text), re.IGNORECASE)] == []


def test_our_own_words_cannot_be_read_as_markdown():
    """They go into labels, where Streamlit reads Markdown."""
    texts = (text for texts in TEXTS.values() for text in texts.items())
    assert [key for key, text in texts if re.search(r"[*_`$<>\[\]#~]|:[a-z]+:", str(text))] == []


def test_every_key_that_the_code_asks_for_exists():
    literal, _ = _calls_of_translator()
    assert literal - set(KEYS) == set()


def test_every_key_is_asked_for_somewhere():
    literal, patterns = _calls_of_translator()
    families = [re.compile(each) for each in patterns if re.match(r"[a-z]+\\?[._]", each)]
    derived = {f"{key}.next" for key in literal}  # a title and its advice go together
    unused = {
        key
        for key in set(KEYS) - literal - derived
        if not any(family.fullmatch(key) for family in families)
    }
    assert unused == set()


@pytest.mark.parametrize(
    "key",
    [
        *(f"problem.{kind.name.lower()}{part}" for kind in ProblemType for part in ("", ".next")),
        *(f"stage.{stage}" for stage in Stage),
        *(f"warning.{warning}" for warning in JobWarning),
        *(f"source.{source}" for source in Source),
        *(f"options.task.{task}" for task in Task),
        *(
            f"options.normalization.{m}{part}"
            for m in NormalizationMethod
            for part in ("", ".help")
        ),
        *(f"result.download.{form}{part}" for form in ExportFormat for part in ("", ".help")),
    ],
)
def test_each_member_of_the_contracts_has_its_words(key: str):
    assert key in KEYS


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 слов"), (1, "1 слово"), (2, "2 слова"), (5, "5 слов"), (11, "11 слов"),
     (21, "21 слово"), (112, "112 слов"), (1234, "1\xa0234 слова")],
)  # fmt: skip
def test_russian_plurals(count: int, words: str):
    assert RU("result.words", count=count) == words


@pytest.mark.parametrize(
    ("seconds", "russian", "english"),
    [
        (3, "осталось несколько секунд", "a few seconds left"),
        (40, "осталось меньше минуты", "less than a minute left"),
        (59, "осталось около 1 минуты", "about 1 minute left"),
        (125, "осталось около 2 минут", "about 2 minutes left"),
        (21 * 60, "осталось около 21 минуты", "about 21 minutes left"),
        (3600, "осталось около 1 часа", "about 1 hour left"),
        (2 * 3600 + 19 * 60, "осталось около 2 часов 20 минут", "about 2 hours 20 minutes left"),
        (2 * 3600 + 58 * 60, "осталось около 3 часов", "about 3 hours left"),
    ],
)
def test_time_left_is_said_in_words(seconds: float, russian: str, english: str):
    assert RU.time_left(seconds) == russian
    assert EN.time_left(seconds) == english


@pytest.mark.parametrize(
    ("size", "russian", "english"),
    [
        (0, "0 Б", "0 B"),
        (1023, "1\xa0023 Б", "1,023 B"),
        (1536, "1,5 КБ", "1.5 KB"),
        (300 * 1024**2, "300 МБ", "300 MB"),
        (4 * 1024**3, "4 ГБ", "4 GB"),
    ],
)
def test_sizes_have_the_language_s_decimal_sign(size: int, russian: str, english: str):
    assert RU.file_size(size) == russian
    assert EN.file_size(size) == english


@pytest.mark.parametrize(
    ("seconds", "russian"),
    [(0.4, "1 с"), (59.6, "1 мин 0 с"), (372.4, "6 мин 12 с"), (7384, "2 ч 3 мин")],
)
def test_durations_carry_over_to_the_next_unit(seconds: float, russian: str):
    assert RU.duration(seconds) == russian


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00:00.0"), (59.96, "0:01:00.0"), (61.24, "0:01:01.2"), (36_000.05, "10:00:00.0")],
)
def test_timecodes_are_rounded_and_carried_over(seconds: float, shown: str):
    assert timecode(seconds) == shown


def test_percent_never_says_done_before_it_is():
    assert RU.percent(0.999) == "99\xa0%"
    assert EN.percent(1.0) == "100%"
