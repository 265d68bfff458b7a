"""Show errors: what went wrong, what to do next, and the request id for the log."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from contracts.problems import ProblemType
from frontend.backend_client import BackendError, FrontendError, SignInMissingError
from frontend.components.plain_text import small_plain_text
from frontend.i18n import Translator

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ErrorText:
    """The texts of an error; empty ones are not shown."""

    title: str
    advice: str
    detail: str = ""
    """The backend's own message, in English."""
    request_id: str = ""
    """A line with the id."""


def error_text(t: Translator, error: FrontendError) -> ErrorText:
    """Return the texts of an error of the backend."""
    if isinstance(error, SignInMissingError):
        return ErrorText(t("problem.sign_in"), t("problem.sign_in.next"))
    if not isinstance(error, BackendError):
        return ErrorText(t("problem.unavailable"), t("problem.unavailable.next"))
    kind, request_id = error.problem_type, error.problem.request_id
    key = f"problem.{kind.name.lower()}"
    return ErrorText(
        title=t(key),
        advice=t(f"{key}.next"),
        detail=error.problem.detail if kind is ProblemType.INVALID_OPTION else "",
        request_id=t("problem.request_id", id=request_id) if request_id else "",
    )


@contextmanager
def errors_shown(t: Translator) -> Generator[None]:
    """Show an error raised in the body instead of a traceback; log an unexpected one."""
    try:
        yield
    except FrontendError as error:
        _show(error_text(t, error))
    except Exception:
        log.exception("page_failed")
        _show(ErrorText(t("problem.unexpected"), t("problem.unexpected.next")))


def _show(text: ErrorText) -> None:
    st.error(f"**{text.title}**  \n{text.advice}", icon=":material/error:")
    if text.detail:
        small_plain_text(text.detail, "problem-detail")
    if text.request_id:
        small_plain_text(text.request_id, "request-id")
