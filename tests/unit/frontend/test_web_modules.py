"""The tests of the page's scripts: tests/web/*.test.mjs, run by node's own test runner."""

import json
from pathlib import Path

import pytest

from frontend.i18n.translator import TEXTS
from unit.frontend.node import SCRIPT_TESTS, run_node

TEST_FILES = sorted(SCRIPT_TESTS.glob("*.test.mjs"))


def test_there_are_script_tests():
    """Otherwise a moved folder would leave nothing to run, and nothing to fail."""
    assert len(TEST_FILES) > 1


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.name)
def test_the_page_s_scripts(path: Path, tmp_path: Path):
    texts = tmp_path / "texts.json"
    texts.write_text(json.dumps(TEXTS), encoding="utf-8")
    done = run_node("--test", "--test-reporter=spec", str(path), PAGE_TEXTS=str(texts))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ℹ fail 0" in done.stdout
    assert "ℹ pass 0" not in done.stdout
