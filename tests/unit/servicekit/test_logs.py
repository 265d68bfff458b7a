"""A person at a terminal cannot read JSON, and a collector of logs cannot read colours."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from servicekit.logs import configure_logging


class Stream(io.StringIO):
    """What the log is written to: a terminal, or something else."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture(autouse=True)
def _usual_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_lines_are_readable_at_a_terminal_and_json_elsewhere(
    monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool
) -> None:
    stream = Stream(is_terminal=is_terminal)
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging("INFO", "backend")
    logging.getLogger("some.library").info("the model is ready")
    (line,) = stream.getvalue().splitlines()
    if is_terminal:
        assert "the model is ready" in line
        assert not line.startswith("{")
    else:
        assert json.loads(line)["event"] == "the model is ready"
