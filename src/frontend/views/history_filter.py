"""The history's filter, as written in the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from contracts.exports import MAX_EXPORTED_TRANSCRIPTS
from contracts.jobs import MAX_FOLDER_CHARS, MAX_QUERY_CHARS, MAX_TAG_CHARS, JobStatus

STEP = 20
"""Recordings shown at first and added by each "Show more"."""

MAX_SHOWN = MAX_EXPORTED_TRANSCRIPTS
"""Limit of recordings on one page, which is also the limit of one zip."""

Member = TypeVar("Member", bound=StrEnum)


class Period(StrEnum):
    """Choices of the time when a recording was uploaded."""

    ANY = ""
    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    DATES = "dates"


_DAYS = {Period.TODAY: 1, Period.WEEK: 7, Period.MONTH: 30, Period.YEAR: 365}


@dataclass(frozen=True)
class HistoryFilter:
    """Conditions on recordings; invalid parts of an address are ignored."""

    query: str = ""
    status: JobStatus | None = None
    tag: str = ""
    folder: str = ""
    period: Period = Period.ANY
    first_day: date | None = None
    last_day: date | None = None
    shown: int = STEP

    @classmethod
    def from_address(cls, address: Mapping[str, str]) -> "HistoryFilter":
        """Return the filter for the query parameters of an address."""
        period = _member(Period, address.get("period", "")) or Period.ANY
        has_dates = period is Period.DATES
        return cls(
            query=address.get("query", "").strip()[:MAX_QUERY_CHARS],
            status=_member(JobStatus, address.get("status", "")),
            tag=address.get("tag", "").strip()[:MAX_TAG_CHARS],
            folder=address.get("folder", "").strip()[:MAX_FOLDER_CHARS],
            period=period,
            first_day=_day(address.get("since", "")) if has_dates else None,
            last_day=_day(address.get("until", "")) if has_dates else None,
            shown=_shown(address.get("shown", "")),
        )

    @property
    def is_empty(self) -> bool:
        """Whether the filter matches every recording."""
        conditions = (self.query, self.status, self.tag, self.folder, self.first_day, self.last_day)
        return not any(conditions) and self.period in (Period.ANY, Period.DATES)

    def bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the start (inclusive) and end (exclusive) of the period; None: unbounded.

        Args:
            now: the current time in the visitor's time zone, which defines the days.
        """
        if days := _DAYS.get(self.period):
            return _midnight(now.date() - timedelta(days=days - 1), now), None
        end = self.last_day + timedelta(days=1) if self.last_day else None
        return _midnight(self.first_day, now), _midnight(end, now)


def _midnight(day: date | None, now: datetime) -> datetime | None:
    return datetime.combine(day, time.min, now.tzinfo) if day else None


def _member(members: type[Member], text: str) -> Member | None:
    return next((member for member in members if member == text), None)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9000 else None


def _shown(text: str) -> int:
    requested = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else STEP
    return min(max(requested, STEP), MAX_SHOWN)
