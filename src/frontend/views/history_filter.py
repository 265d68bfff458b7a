"""Which recordings the history shows, as its address says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from contracts.jobs import MAX_TAG_CHARS, JobStatus
from frontend.bulk_export import MAX_TRANSCRIPTS

STEP = 20
"""Recordings shown at first, and added by each "show more"."""

MAX_SHOWN = MAX_TRANSCRIPTS
"""Recordings on one page at most: a browser draws these at once, and one zip takes them."""

_MAX_QUERY_CHARS = 500

Choice = TypeVar("Choice", bound=StrEnum)


class Period(StrEnum):
    """When a recording was sent."""

    ANY = ""
    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    DATES = "dates"


_DAYS = {Period.TODAY: 1, Period.WEEK: 7, Period.MONTH: 30, Period.YEAR: 365}


@dataclass(frozen=True)
class HistoryFilter:
    """What to show; of an address that makes no sense, only the part that does."""

    query: str = ""
    status: JobStatus | None = None
    tag: str = ""
    period: Period = Period.ANY
    first_day: date | None = None
    last_day: date | None = None
    shown: int = STEP

    @classmethod
    def of_address(cls, address: Mapping[str, str]) -> "HistoryFilter":
        """Return the filter that the parameters of an address stand for."""
        period = _member(Period, address.get("period", "")) or Period.ANY
        has_dates = period is Period.DATES
        return cls(
            query=address.get("query", "").strip()[:_MAX_QUERY_CHARS],
            status=_member(JobStatus, address.get("status", "")),
            tag=address.get("tag", "").strip()[:MAX_TAG_CHARS],
            period=period,
            first_day=_day(address.get("since", "")) if has_dates else None,
            last_day=_day(address.get("until", "")) if has_dates else None,
            shown=_number(address.get("shown", "")),
        )

    @property
    def is_empty(self) -> bool:
        """Whether everything is shown."""
        return not (self.query or self.status or self.tag or self.first_day or self.last_day) and (
            self.period in (Period.ANY, Period.DATES)
        )

    def bounds(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return when the period begins, and when it is over.

        Args:
            now: the present moment in the visitor's zone, whose days these are.
        """
        if days := _DAYS.get(self.period):
            return _midnight(now.date() - timedelta(days=days - 1), now), None
        end = self.last_day + timedelta(days=1) if self.last_day else None
        return _midnight(self.first_day, now), _midnight(end, now)


def _midnight(day: date | None, now: datetime) -> datetime | None:
    return datetime.combine(day, time.min, now.tzinfo) if day else None


def _member(choices: type[Choice], text: str) -> Choice | None:
    return next((choice for choice in choices if choice == text), None)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 <= day.year <= 9000 else None


def _number(text: str) -> int:
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else STEP
    return min(max(asked, STEP), MAX_SHOWN)
