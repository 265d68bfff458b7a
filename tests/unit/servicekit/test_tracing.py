"""If these fail, tracing costs something where it is off, or exports the texts of exceptions."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integration.otlp_receiver import OtlpReceiver, running_receiver
from servicekit import tracing

ROOT = Path(__file__).resolve().parents[3]

START_EVERY_SERVICE = """
import sys
import time
from backend.app import create_app as create_backend
from backend.settings import BackendSettings
from frontend.__main__ import create_app as create_frontend
from frontend.settings import FrontendSettings
from llm.app import create_app as create_llm
from llm.settings import LlmSettings
from servicekit.tracing import configure_tracing

for create, settings in (
    (create_backend, BackendSettings()),
    (create_llm, LlmSettings()),
    (create_frontend, FrontendSettings()),
):
    configure_tracing(settings.otel_exporter_otlp_endpoint, "service")
    create(settings)
unwanted = ("opentelemetry.sdk.trace", "opentelemetry.exporter")
print([name for name in sys.modules if name.startswith(unwanted)])
"""


@contextmanager
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtlpReceiver]:
    """Send the spans of this process to a receiver inside the context."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")  # restored at the end
    monkeypatch.setattr(tracing, "_provider", None)
    with running_receiver() as receiver:
        tracing.configure_tracing(receiver.url, "service")
        yield receiver


@pytest.mark.whole_app
def test_without_a_receiver_neither_spans_nor_their_exporter_are_imported(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name[:5] != "OTEL_"}
    done = subprocess.run(
        [sys.executable, "-c", START_EVERY_SERVICE],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_outside_of_a_trace_there_is_no_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise each background check of the backend would be a trace of its own."""
    with configured(monkeypatch) as receiver:
        with tracing.span("check"):
            assert tracing.trace_id() == ""
        tracing.flush()
        assert receiver.spans() == []


@pytest.mark.parametrize("parent", ["", None, "00-zz-01", "x" * 5000])
def test_an_invalid_header_begins_a_new_trace(
    parent: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with configured(monkeypatch), tracing.continued_trace("request", parent):
        assert len(tracing.trace_id()) == 32


def test_a_receiver_that_is_away_delays_the_end_by_seconds_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise a container is killed after its time to stop, in the middle of its work."""
    with configured(monkeypatch):
        pass
    for _ in range(1000):  # several batches, each of which is retried
        with tracing.continued_trace("request", None):
            pass
    started = time.monotonic()
    tracing.flush()
    assert time.monotonic() - started < 2 * tracing.FLUSH_S


def test_an_exception_leaves_its_class_and_not_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    with configured(monkeypatch) as receiver:
        with pytest.raises(ValueError, match="secret"), tracing.continued_trace("request", None):
            raise ValueError("the secret text")
        tracing.flush()
        (span,) = receiver.spans()
        assert span.attributes["error.type"] == "ValueError"
        assert b"secret" not in b"".join(receiver.bodies)
