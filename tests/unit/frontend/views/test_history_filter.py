from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from contracts.jobs import JobStatus
from frontend.views.history_filter import MAX_SHOWN, STEP, HistoryFilter, Period

VLADIVOSTOK = ZoneInfo("Asia/Vladivostok")
NOW = datetime(2026, 11, 22, 1, 30, tzinfo=VLADIVOSTOK)
"""Still the previous day in UTC."""


def test_a_filter_is_read_from_an_address():
    address = {"query": " лошадь ", "status": "failed", "tag": "работа", "shown": "60"}
    assert HistoryFilter.from_address(address) == HistoryFilter(
        query="лошадь", status=JobStatus.FAILED, tag="работа", shown=60
    )


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"status": "eaten", "period": "never", "shown": "-5"},
        {"shown": "³"},
        {"period": "dates", "since": "22.11.2026", "until": "9999-12-31"},
        {"since": "2026-11-01"},
    ],
    ids=str,
)
def test_invalid_parts_of_an_address_are_ignored(address: dict[str, str]):
    wanted = HistoryFilter.from_address(address)
    assert wanted.is_empty
    assert wanted.bounds(NOW) == (None, None)
    assert wanted.shown == STEP


def test_the_number_of_rows_is_limited():
    assert HistoryFilter.from_address({"shown": "9999"}).shown == MAX_SHOWN


@pytest.mark.parametrize(
    ("period", "first_day"),
    [
        (Period.TODAY, date(2026, 11, 22)),
        (Period.WEEK, date(2026, 11, 16)),
        (Period.MONTH, date(2026, 10, 24)),
    ],
)
def test_periods_begin_at_the_visitor_s_midnight(period: Period, first_day: date):
    since, until = HistoryFilter(period=period).bounds(NOW)
    assert until is None
    assert since == datetime.combine(first_day, datetime.min.time(), VLADIVOSTOK)


def test_the_last_chosen_day_is_included():
    address = {"period": "dates", "since": "2026-11-01", "until": "2026-11-03"}
    wanted = HistoryFilter.from_address(address)
    assert wanted.bounds(NOW) == (
        datetime(2026, 11, 1, tzinfo=VLADIVOSTOK),
        datetime(2026, 11, 4, tzinfo=VLADIVOSTOK),
    )
    assert not wanted.is_empty
