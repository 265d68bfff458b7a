"""All recordings, the newest first: found, renamed, tagged, saved, deleted."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from contracts.exports import ExportFormat
from contracts.jobs import Job, JobStatus, TagCount
from frontend.backend_client import BackendUnavailableError
from frontend.components.failures import told_in_plain_words
from frontend.components.web_component import web_component
from frontend.i18n import Translator
from frontend.page import Page
from frontend.views.history_actions import carry_out
from frontend.views.history_filter import MAX_SHOWN, STEP, HistoryFilter, Period
from frontend.views.history_rows import row_of

REFRESH_S = 2
"""Seconds between two looks at the recordings; progress is seen to move, and no load."""

_COMPONENT = "history"
_LAST_SEEN = "last-seen-history"
_OUTCOME = "history-outcome"

_history = web_component("history")


@dataclass(frozen=True)
class _Listing:
    """What the backend has for a filter."""

    wanted: HistoryFilter
    jobs: list[Job]
    has_more: bool
    tags: list[TagCount]


def show_history(page: Page) -> None:
    """Show the recordings that the address asks for."""
    st.title(page.t("history.title"), anchor=False)
    with st.container(key="history-view"):
        _show_list(page, HistoryFilter.of_address(st.query_params))


@st.fragment(run_every=REFRESH_S)
def _show_list(page: Page, wanted: HistoryFilter) -> None:
    with told_in_plain_words(page.t):
        now = datetime.now(_visitor_zone())
        listing = _look(page, wanted, now)
        data = _data_of(page.t, listing, now)
        _history(key=_COMPONENT, data=data, on_action_change=lambda: _act(page))


def _visitor_zone() -> tzinfo:
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _act(page: Page) -> None:
    outcome = carry_out(page.t, page.backend, st.session_state[_COMPONENT].get("action"))
    number, _ = st.session_state.get(_OUTCOME, (0, None))
    st.session_state[_OUTCOME] = (number + 1, outcome)


def _look(page: Page, wanted: HistoryFilter, now: datetime) -> _Listing:
    """Return what the backend has, or what it had, while it is away."""
    try:
        listing = _ask(page, wanted, now)
    except BackendUnavailableError:
        seen: _Listing | None = st.session_state.get(_LAST_SEEN)
        if seen is None or seen.wanted != wanted:
            raise
        return seen
    st.session_state[_LAST_SEEN] = listing
    return listing


def _ask(page: Page, wanted: HistoryFilter, now: datetime) -> _Listing:
    jobs: list[Job] = []
    cursor = None
    since, until = wanted.bounds(now)
    while True:
        answer = page.backend.jobs(
            query=wanted.query,
            status=wanted.status,
            tag=wanted.tag,
            since=since,
            until=until,
            limit=min(100, wanted.shown - len(jobs)),
            cursor=cursor,
        )
        jobs += answer.items
        cursor = answer.next_cursor
        if cursor is None or len(jobs) >= wanted.shown:
            return _Listing(wanted, jobs, cursor is not None, page.backend.tags().items)


def _data_of(t: Translator, listing: _Listing, now: datetime) -> dict[str, object]:
    wanted = listing.wanted
    number, outcome = st.session_state.get(_OUTCOME, (0, None))
    return {
        "rows": [row_of(t, job, now) for job in listing.jobs],
        "more": listing.has_more and wanted.shown < MAX_SHOWN,
        "narrow": listing.has_more and wanted.shown >= MAX_SHOWN,
        "step": STEP,
        "filter": _filter_data(wanted),
        "filtered": not wanted.is_empty,
        "choices": _choices(t, listing.tags, wanted),
        "labels": t.family("history.ui."),
        "outcome": {"number": number, **outcome.model_dump()} if outcome else None,
    }


def _filter_data(wanted: HistoryFilter) -> dict[str, str | int]:
    return {
        "query": wanted.query,
        "status": wanted.status or "",
        "tag": wanted.tag,
        "period": wanted.period,
        "since": wanted.first_day.isoformat() if wanted.first_day else "",
        "until": wanted.last_day.isoformat() if wanted.last_day else "",
        "shown": wanted.shown,
    }


def _choices(t: Translator, tags: list[TagCount], wanted: HistoryFilter) -> dict[str, object]:
    names = [each.tag for each in tags]
    if wanted.tag and wanted.tag not in names:
        names.append(wanted.tag)
    counts = {each.tag: t.number(each.n_jobs) for each in tags}
    return {
        "statuses": [("", t("history.any_status"))]
        + [(status, t(f"status.{status}")) for status in JobStatus],
        "tags": [("", t("history.any_tag"))]
        + [(name, f"{name} ({counts.get(name, 0)})") for name in names],
        "periods": [(period, t(f"history.period.{period or 'any'}")) for period in Period],
        "formats": [(form, t(f"result.download.{form}")) for form in ExportFormat],
    }
