"""docs/ARCHITECTURE.md and CONTRIBUTING.md name files and functions that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
ARCHITECTURE = ROOT / "docs" / "ARCHITECTURE.md"

FOLDERS = ("src", "tests", "testbed", "bench", "docs", "deploy", "runners", "artefacts", ".ci")
FILE_ENDINGS = (".py", ".js", ".mjs", ".css", ".sh", ".md", ".toml", ".yaml", ".txt")

STORED_DATA = {"blobs/", "work/", "uploads/", "data/"}
"""Folders that the services create, described in the table of `DATA_DIR`."""

WAYS = {"A recording's way": "render", "A chunk's way": "ChunkCache.put"}
"""Section to its last function."""

_code = re.compile(r"`([^`\n]+)`")
_step = re.compile(r"^\d+\. `([^`: ]+): ([^`]+)` ", re.MULTILINE)


@cache
def files_and_folders() -> frozenset[str]:
    """Return the paths of the repository, each with a slash before it; folders also end in one."""
    paths = [*ROOT.iterdir(), *(path for name in FOLDERS for path in (ROOT / name).rglob("*"))]
    return frozenset(
        f"/{path.relative_to(ROOT).as_posix()}{'/' if path.is_dir() else ''}" for path in paths
    )


def is_path(code: str) -> bool:
    """Return whether code is the path of one file or folder, and no pattern, command or URL."""
    is_one = not re.search(r"[\s*…<>{}=:]", code) and not code.startswith("/")
    return is_one and code.endswith((*FILE_ENDINGS, "/")) and code not in STORED_DATA


def named_paths(text: str) -> list[str]:
    return [code for code in _code.findall(text) if is_path(code)]


def missing_paths(text: str) -> list[str]:
    """Return the paths in a text that are not the end of any path of the repository."""
    return [
        named
        for named in named_paths(text)
        if not any(path.endswith(f"/{named}") for path in files_and_folders())
    ]


def steps_of(section: str) -> list[tuple[str, str]]:
    """Return the files and functions of a numbered list."""
    text = ARCHITECTURE.read_text("utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return _step.findall(text)


def defines(source: Path, function: str) -> bool:
    body = ast.parse(source.read_text("utf-8")).body
    for name in function.split("."):
        found = [node for node in body if getattr(node, "name", None) == name]
        if not found:
            return False
        (node,) = found
        assert isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        body = node.body
    return True


@pytest.mark.parametrize("name", ["docs/ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_each_path_in_a_document_exists(name: str) -> None:
    """Otherwise a reader looks for a module that was renamed."""
    text = (ROOT / name).read_text("utf-8")
    assert named_paths(text)
    assert not missing_paths(text)


def test_a_path_that_does_not_exist_is_found() -> None:
    assert missing_paths("`jobs/no_such_module.py`, `no_such_folder/`") == [
        "jobs/no_such_module.py",
        "no_such_folder/",
    ]


@pytest.mark.parametrize("section", WAYS)
def test_each_function_of_a_way_exists(section: str) -> None:
    """Otherwise the list leads a reader past a function that was renamed or removed."""
    steps = steps_of(section)
    assert 10 < len(steps) <= 20
    assert steps[-1][1] == WAYS[section], "a step could not be parsed"
    missing = [step for step in steps if not defines(ROOT / "src" / step[0], step[1])]
    assert not missing


def test_a_function_that_does_not_exist_is_found() -> None:
    assert not defines(Path(__file__), "no_such_function")
    assert defines(Path(__file__), "defines")
