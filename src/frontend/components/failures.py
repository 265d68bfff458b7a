"""What went wrong, in words a person understands, and what to do next."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from contracts.problems import Problem, ProblemType
from frontend.backend_client import BackendError, FrontendError, problem_type_of
from frontend.components.plain_text import small_plain_text
from frontend.i18n import Translator

log = logging.getLogger(__name__)


def show_problem(t: Translator, problem: Problem) -> None:
    """Show a problem: what it is, what to do, and small beneath how to find it in the log."""
    kind = problem_type_of(problem)
    key = f"problem.{kind.name.lower()}"
    show_failure(t(key), t(f"{key}.next"))
    if kind is ProblemType.INVALID_OPTION:
        small_plain_text(problem.detail, "problem-detail")
    if problem.request_id:
        small_plain_text(t("problem.request_id", id=problem.request_id), "request-id")


def show_frontend_error(t: Translator, error: FrontendError) -> None:
    """Show why a call of the backend came to nothing."""
    if isinstance(error, BackendError):
        show_problem(t, error.problem)
    else:
        show_failure(t("problem.unavailable"), t("problem.unavailable.next"))


def show_failure(title: str, advice: str) -> None:
    """Show a failure in two sentences, both of them our own."""
    st.error(f"**{title}**  \n{advice}", icon=":material/error:")


@contextmanager
def told_in_plain_words(t: Translator) -> Iterator[None]:
    """Show what nobody foresaw as a sentence, and put its cause in the log."""
    try:
        yield
    except FrontendError as error:
        show_frontend_error(t, error)
    except Exception:
        log.exception("page_failed")
        show_failure(t("problem.unexpected"), t("problem.unexpected.next"))
