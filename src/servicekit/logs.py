"""Logging: JSON in containers, readable lines in a terminal."""

import logging
import sys

import structlog
from asgi_correlation_id import correlation_id
from structlog.types import EventDict, Processor, WrappedLogger

from servicekit.tracing import trace_id

# local variables hold prompts, file names and texts, which must not be logged
_tracebacks = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def _add_request_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if request_id := correlation_id.get():
        event.setdefault("request_id", request_id)
    return event


def _add_trace_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if current := trace_id():
        event["trace_id"] = current
    return event


def _renderers() -> list[Processor]:
    if sys.stderr.isatty():
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]


def configure_logging(level: str, service: str) -> None:
    """Write the records of structlog and of the standard library to stderr in one format.

    Args:
        level: a level name of the standard library, such as `INFO`.
        service: name of the service, added to every line.
    """

    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        _add_request_id,
        _add_trace_id,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers()],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # at INFO they log the address of every request
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
