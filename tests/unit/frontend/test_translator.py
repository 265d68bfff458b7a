import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import frontend
from contracts.audio import NormalizationMethod
from contracts.exports import ExportFormat
from contracts.jobs import JobStatus, JobWarning, Stage
from contracts.models import ModelState
from contracts.problems import ProblemType
from contracts.statistics import CacheKind, DatabaseKind
from contracts.transcription import Task
from contracts.unsure import UnsureSign
from frontend.components.web_component import WEB
from frontend.i18n import Language, Translator
from frontend.i18n.translator import TEXTS, clock
from frontend.session import View
from frontend.views.history_actions import BulkKind
from frontend.views.history_filter import Period

FRONTEND = Path(frontend.__file__).parent
FAMILIES = ("history.ui.", "uploader.")
"""Texts that go to a script as a whole; the test of scripts finds those that nobody needs."""
DIALOG_PARTS = ("question", "consequence", "yes")
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
                if path.parents[1].name != "i18n":  # not where it is defined
                    literal.add(node.value)
            elif isinstance(node, ast.Call) and node.args and _is_translator(node.func):
                argument = node.args[0]
                if isinstance(argument, ast.Constant):
                    literal.add(argument.value)
            elif isinstance(node, ast.JoinedStr):
                patterns.add(_pattern(node))
    for path in WEB.rglob("*.js"):
        literal |= set(re.findall(r'"([a-z_.]+)"', path.read_text(encoding="utf-8"))) & set(KEYS)
        patterns |= _patterns_of_script(path.read_text(encoding="utf-8"))
    return literal, patterns


def _patterns_of_script(source: str) -> set[str]:
    """Return the patterns of a script's template strings, such as `stage.${stage}`."""
    templates = re.findall(r"`([a-z_]+\.[^`\s]*)`", source)
    return {
        re.sub(r"\\\$\\\{.*?\\\}", "[a-z0-9_.]+", re.escape(template)) for template in templates
    }


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


def _shown_literals(path: Path) -> list[str]:
    """Return the words in a module that are neither names, docstrings nor the log's."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    docstrings = [
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    return [string for string in strings if string not in docstrings]


VIEWS = [*FRONTEND.joinpath("views").glob("*.py"), *FRONTEND.joinpath("components").rglob("*.py")]


@pytest.mark.parametrize("path", VIEWS, ids=lambda path: path.name)
def test_views_have_no_words_of_their_own(path: Path):
    """Words in a view would be there in one language only."""
    russian = [each for each in _shown_literals(path) if re.search("[а-яё]", each, re.IGNORECASE)]
    english = [each for each in _shown_literals(path) if re.search(r"[A-Z][a-z]+ [a-z]+", each)]
    assert set(russian) - {"Русский"} == set()
    assert english == []


SCRIPTS = sorted(FRONTEND.joinpath("web").rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=str)
def test_scripts_have_no_words_of_their_own(path: Path):
    code = re.sub(r"(?m)//.*$", "", path.read_text(encoding="utf-8"))
    strings = re.findall(r"\"[^\"\n]*\"|`[^`]*`", code)
    assert [each for each in strings if re.search("[а-яё]", each, re.IGNORECASE)] == []
    assert [each for each in strings if re.search(r"[A-Z][a-z]+ [a-z]+", each)] == []


def test_every_key_that_the_code_asks_for_exists():
    literal, _ = _calls_of_translator()
    assert literal - set(KEYS) == set()


@pytest.mark.parametrize("language", list(Language))
def test_scripts_find_every_label_of_theirs_and_have_no_other(language: Language):
    """A label that is missing would be the word "undefined" on the page."""
    labels = Translator(language).labels("history.ui.")
    source = "".join(
        script.read_text(encoding="utf-8") for script in (FRONTEND / "web/history").glob("*.js")
    )
    named = set(re.findall(r"\blabels\.([a-z_]+)", source))
    assert named - set(labels) == set()
    unused = {name for name in labels if not re.search(rf"\b{name}\b", source)}
    put_together = {f"{kind}_{part}" for kind in ("delete", "tag") for part in DIALOG_PARTS}
    assert unused - put_together - {"no_results_next", "empty_next"} == set()


def test_every_key_is_asked_for_somewhere():
    literal, patterns = _calls_of_translator()
    families = [re.compile(each) for each in patterns if re.match(r"[a-z]+\\?[._]", each)]
    derived = {f"{key}.next" for key in literal}  # a title and its advice go together
    unused = {
        key
        for key in set(KEYS) - literal - derived
        if not key.startswith(FAMILIES) and not any(each.fullmatch(key) for each in families)
    }
    assert unused == set()


@pytest.mark.parametrize(
    "key",
    [
        *(f"problem.{kind.name.lower()}{part}" for kind in ProblemType for part in ("", ".next")),
        *(f"stage.{stage}" for stage in Stage),
        *(f"warning.{warning}" for warning in JobWarning),
        *(f"status.{status}" for status in JobStatus),
        *(f"view.{view}" for view in View),
        *(f"history.period.{period or 'any'}" for period in Period),
        *(f"history.done.{kind}" for kind in BulkKind),
        *(f"system.state.{state}" for state in ModelState),
        *(f"system.storage.database.{kind}" for kind in DatabaseKind),
        *(f"system.storage.cache.{kind}" for kind in CacheKind),
        *(f"unsure.sign.{sign}" for sign in UnsureSign),
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
    [(0, "0:00"), (59.96, "0:59"), (61.24, "1:01"), (3661.2, "1:01:01"), (36_000.05, "10:00:00")],
)
def test_a_moment_is_shown_as_a_player_shows_it(seconds: float, shown: str):
    assert clock(seconds) == shown


def test_percent_never_says_done_before_it_is():
    assert RU.percent(0.999) == "99\xa0%"
    assert EN.percent(1.0) == "100%"
