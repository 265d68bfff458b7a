"""The texts: complete in both languages, all in use, and none in the views."""

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import frontend
from contracts.audio import NormalizationMethod
from contracts.exports import ExportFormat
from contracts.jobs import JobStatus, JobWarning, Stage
from contracts.models import ModelFailure, ModelState
from contracts.options import Task
from contracts.problems import ProblemType
from contracts.statistics import CacheKind, DatabaseKind
from contracts.unsure import UnsureSign
from frontend.components.web_component import WEB
from frontend.i18n import Language, Translator
from frontend.i18n.translator import TEXTS
from frontend.session import View
from frontend.views.history_actions import BulkKind
from frontend.views.history_filter import Period

FRONTEND = Path(frontend.__file__).parent


FAMILIES = ("history.ui.", "uploader.")


"""Groups sent to a script as a whole; another test finds their unused members."""


KEYS = sorted(TEXTS[Language.RU])


PLURAL_FORMS = {Language.RU: {"one", "few", "many", "other"}, Language.EN: {"one", "other"}}


def _placeholders(text: str | dict[str, str]) -> set[str]:
    templates = text.values() if isinstance(text, dict) else [text]
    return {name for each in templates for _, name, _, _ in Formatter().parse(each) if name}


def _calls_of_translator() -> tuple[set[str], set[str]]:
    """Return the literal keys in the code and the patterns of composed ones."""
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


def test_english_texts_contain_no_russian():
    english = TEXTS[Language.EN].items()
    assert [key for key, text in english if re.search("[а-яё]", str(text), re.IGNORECASE)] == []


def test_no_text_contains_markdown():
    """Streamlit parses Markdown in labels."""
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
def test_python_code_contains_no_texts(path: Path):
    """A text in the code would exist in one language only."""
    russian = [each for each in _shown_literals(path) if re.search("[а-яё]", each, re.IGNORECASE)]
    english = [each for each in _shown_literals(path) if re.search(r"[A-Z][a-z]+ [a-z]+", each)]
    assert set(russian) - {"Русский"} == set()
    assert english == []


SCRIPTS = sorted(FRONTEND.joinpath("web").rglob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=str)
def test_scripts_contain_no_texts(path: Path):
    code = re.sub(r"(?m)//.*$", "", path.read_text(encoding="utf-8"))
    strings = re.findall(r"\"[^\"\n]*\"|`[^`]*`", code)
    assert [each for each in strings if re.search("[а-яё]", each, re.IGNORECASE)] == []
    assert [each for each in strings if re.search(r"[A-Z][a-z]+ [a-z]+", each)] == []


def test_every_key_in_the_code_exists():
    literal, _ = _calls_of_translator()
    assert literal - set(KEYS) == set()


@pytest.mark.parametrize("language", list(Language))
def test_the_history_s_scripts_use_exactly_their_labels(language: Language):
    """A missing label would appear as "undefined" on the page."""
    labels = Translator(language).labels("history.ui.")
    source = "".join(
        script.read_text(encoding="utf-8") for script in (FRONTEND / "web/history").glob("*.js")
    )
    named = set(re.findall(r"\blabels\.([a-z_]+)", source))
    assert named - set(labels) == set()
    unused = {name for name in labels if not re.search(rf"\b{name}\b", source)}
    assert unused == set()


def test_every_key_is_used():
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
        *(
            f"system.model.failure.{each}"
            for each in ModelFailure
            if each not in (ModelFailure.UNUSABLE, ModelFailure.UNEXPECTED)
        ),
        *(f"system.check.{check}" for check in ("disk", "database", "recordings")),
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
def test_each_member_of_a_contract_has_a_text(key: str):
    assert key in KEYS
