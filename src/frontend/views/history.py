"""The history view: search, rename, tag, move, export and delete recordings, newest first."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from contracts.exports import ExportFormat
from contracts.jobs import (
    MAX_FOLDER_CHARS,
    MAX_PAGE_JOBS,
    MAX_QUERY_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_TITLE_CHARS,
    FolderCount,
    Job,
    JobStatus,
    TagCount,
)
from frontend.backend_client import BackendUnavailableError
from frontend.components.errors import errors_shown
from frontend.components.web_component import web_component
from frontend.i18n import Translator
from frontend.page import Page
from frontend.views.history_actions import run_action
from frontend.views.history_filter import MAX_SHOWN, STEP, HistoryFilter, Period
from frontend.views.history_rows import row_of

REFRESH_S = 2
"""Seconds between updates: short enough to see progress move, cheap for the backend."""

_COMPONENT = "history"
_LAST_LISTING = "last-history-listing"
_OUTCOME = "history-outcome"

_history = web_component("history")


@dataclass(frozen=True)
class _Listing:
    """The recordings that match a filter."""

    filters: HistoryFilter
    jobs: list[Job]
    has_more: bool
    tags: list[TagCount]
    folders: list[FolderCount]


_INPUT_LIMITS = {
    "query": MAX_QUERY_CHARS,
    "title": MAX_TITLE_CHARS,
    "tag": MAX_TAG_CHARS,
    "folder": MAX_FOLDER_CHARS,
    "tags": MAX_TAGS * MAX_TAG_CHARS,
}
"""Characters that the text fields accept."""


def show_history(page: Page) -> None:
    """Show the recordings that match the filter in the address."""
    st.title(page.t("history.title"), anchor=False)
    with st.container(key="history-view"):
        _show_list(page)


@st.fragment(run_every=REFRESH_S)
def _show_list(page: Page) -> None:
    # not an argument: each run reads the address again, so a run that was late or lost for a
    # changed filter is made good by the next one
    filters = HistoryFilter.from_address(st.query_params)
    with errors_shown(page.t):
        now = datetime.now(_visitor_zone())
        listing = _listing(page, filters, now)
        data = _component_data(page.t, listing, now)
        _history(key=_COMPONENT, data=data, on_action_change=lambda: _act(page))


def _visitor_zone() -> tzinfo:
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _act(page: Page) -> None:
    outcome = run_action(page.t, page.backend, st.session_state[_COMPONENT].get("action"))
    number, _ = st.session_state.get(_OUTCOME, (0, None))
    st.session_state[_OUTCOME] = (number + 1, outcome)


def _listing(page: Page, filters: HistoryFilter, now: datetime) -> _Listing:
    """Return the current listing, or the last one while the backend is unavailable."""
    try:
        listing = _fetch(page, filters, now)
    except BackendUnavailableError:
        last: _Listing | None = st.session_state.get(_LAST_LISTING)
        if last is None or last.filters != filters:
            raise
        return last
    st.session_state[_LAST_LISTING] = listing
    return listing


def _fetch(page: Page, filters: HistoryFilter, now: datetime) -> _Listing:
    jobs: list[Job] = []
    cursor = None
    since, until = filters.bounds(now)
    while True:
        found = page.backend.jobs(
            query=filters.query,
            status=filters.status,
            tag=filters.tag,
            folder=filters.folder,
            since=since,
            until=until,
            limit=min(MAX_PAGE_JOBS, filters.shown - len(jobs)),
            cursor=cursor,
        )
        jobs += found.items
        cursor = found.next_cursor
        if cursor is None or len(jobs) >= filters.shown:
            return _Listing(
                filters,
                jobs,
                has_more=cursor is not None,
                tags=page.backend.tags().items,
                folders=page.backend.folders().items,
            )


def _component_data(t: Translator, listing: _Listing, now: datetime) -> dict[str, object]:
    filters = listing.filters
    number, outcome = st.session_state.get(_OUTCOME, (0, None))
    return {
        "rows": [row_of(t, job, now) for job in listing.jobs],
        "more": listing.has_more and filters.shown < MAX_SHOWN,
        "narrow": listing.has_more and filters.shown >= MAX_SHOWN,
        "step": STEP,
        "shown": filters.shown,
        "filtered": not filters.is_empty,
        "choices": _choices(t, listing),
        "labels": t.labels("history.ui."),
        "limits": _INPUT_LIMITS,
        "outcome": {"number": number, **outcome.model_dump()} if outcome else None,
    }


def _choices(t: Translator, listing: _Listing) -> dict[str, object]:
    tags = {each.tag: each.n_jobs for each in listing.tags}
    folders = {each.folder: each.n_jobs for each in listing.folders}
    return {
        "statuses": [("", t("history.any_status"))]
        + [(status, t(f"status.{status}")) for status in JobStatus],
        "tags": [("", t("history.any_tag")), *_counted(t, tags, listing.filters.tag)],
        "folders": [
            ("", t("history.any_folder")),
            *_counted(t, folders, listing.filters.folder),
        ],
        "periods": [(period, t(f"history.period.{period or 'any'}")) for period in Period],
        "formats": [(form, t(f"result.download.{form}")) for form in ExportFormat],
    }


def _counted(t: Translator, counts: dict[str, int], chosen: str) -> list[tuple[str, str]]:
    """Return the names with their numbers of recordings, the chosen one among them."""
    shown = counts if chosen in counts or not chosen else {**counts, chosen: 0}
    return [(name, f"{name} ({t.number(count)})") for name, count in shown.items()]
