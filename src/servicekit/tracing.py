"""OpenTelemetry traces, sent by OTLP over HTTP to the receiver that a setting names.

Without a receiver nothing is imported, and the functions here do nothing. Spans hold names, numbers
and ids only: never texts, file names or keys. The provider is not OpenTelemetry's global one, with
which FastAPI would record addresses and the texts of exceptions.
"""

import os
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

TRACEPARENT = "traceparent"
"""The header that carries a trace from service to service. Source: W3C Trace Context."""

FLUSH_S = 3.0
"""Most seconds that the end of a service waits for the receiver."""

Kind = Literal["INTERNAL", "SERVER", "CLIENT"]
Attributes = Mapping[str, str | int | float]

_provider: "TracerProvider | None" = None
_exporter: "SpanExporter | None" = None


def configure_tracing(endpoint: str, service: str) -> None:
    """Send the spans of this process to a receiver.

    The SDK reads the other standard variables itself, such as `OTEL_TRACES_SAMPLER`.

    Args:
        endpoint: URL of the receiver, without `/v1/traces`; empty: there are no spans.
        service: name of the service.
    """
    global _provider, _exporter  # noqa: PLW0603  # as the log, they belong to the process
    if not endpoint:
        return
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    names = {"service.name": service, "service.namespace": "speech_transcription"}
    _provider = TracerProvider(resource=Resource.create(names))
    _exporter = OTLPSpanExporter()
    _provider.add_span_processor(BatchSpanProcessor(_exporter))


def is_configured() -> bool:
    """Return whether there are spans."""
    return _provider is not None


def flush() -> None:
    """Send the spans that wait; called at the end, because a signal ends the process."""
    if _provider is None or _exporter is None:
        return
    timer = threading.Timer(FLUSH_S, _exporter.shutdown)  # it ends the retries
    timer.start()
    _provider.force_flush()
    timer.cancel()


@contextmanager
def continued_trace(
    name: str, parent: str | None, kind: Kind = "INTERNAL", attributes: Attributes | None = None
) -> Generator[None]:
    """Measure the body as a span of another trace than the current one.

    Args:
        parent: a `traceparent`; None, or an invalid one, begins a new trace.
    """
    if _provider is None:
        yield
        return
    from opentelemetry.context import Context  # noqa: PLC0415
    from opentelemetry.trace.propagation import tracecontext  # noqa: PLC0415

    propagator = tracecontext.TraceContextTextMapPropagator()
    context = propagator.extract({TRACEPARENT: parent or ""}, Context())
    with _measured(name, context, kind, attributes):
        yield


@contextmanager
def span(
    name: str, kind: Kind = "INTERNAL", attributes: Attributes | None = None
) -> Generator[None]:
    """Measure the body as a span of the current trace; do nothing outside of one."""
    if not trace_id():
        yield
        return
    with _measured(name, None, kind, attributes):
        yield


def annotate(attributes: Attributes, name: str | None = None) -> None:
    """Add attributes to the current span, and rename it."""
    if _provider is None:
        return
    from opentelemetry.trace import get_current_span  # noqa: PLC0415

    get_current_span().set_attributes(dict(attributes))
    if name:
        get_current_span().update_name(name)


def trace_id() -> str:
    """Return the id of the current trace in hexadecimal digits; empty outside of one."""
    return traceparent()[3:35]


def traceparent() -> str:
    """Return the current span as a header's value; empty outside of a trace."""
    if _provider is None:
        return ""
    from opentelemetry.trace.propagation import tracecontext  # noqa: PLC0415

    headers: dict[str, str] = {}
    tracecontext.TraceContextTextMapPropagator().inject(headers)
    return headers.get(TRACEPARENT, "")


@contextmanager
def _measured(
    name: str, context: object, kind: Kind, attributes: Attributes | None
) -> Generator[None]:
    """Record the span; of an exception only its class, because its text may be private."""
    from opentelemetry.context import Context  # noqa: PLC0415
    from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415

    assert _provider is not None
    assert context is None or isinstance(context, Context)
    with _provider.get_tracer("speech_transcription").start_as_current_span(
        name,
        context,
        SpanKind[kind],
        dict(attributes or {}),
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            if isinstance(error, Exception):
                current.set_status(StatusCode.ERROR)
            raise
