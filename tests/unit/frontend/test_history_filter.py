from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from contracts.jobs import JobStatus
from frontend.views.history_filter import MAX_SHOWN, STEP, HistoryFilter, Period

VLADIVOSTOK = ZoneInfo("Asia/Vladivostok")
NOW = datetime(2026, 11, 22, 1, 30, tzinfo=VLADIVOSTOK)
"""In UTC this is still the day before."""


def test_an_address_is_a_filter():
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
def test_what_makes_no_sense_in_an_address_is_as_if_it_were_not_there(address: dict[str, str]):
    wanted = HistoryFilter.from_address(address)
    assert wanted.is_empty
    assert wanted.bounds(NOW) == (None, None)
    assert wanted.shown == STEP


def test_nobody_is_shown_more_than_a_browser_can_draw():
    assert HistoryFilter.from_address({"shown": "9999"}).shown == MAX_SHOWN


@pytest.mark.parametrize(
    ("period", "first_day"),
    [
        (Period.TODAY, date(2026, 11, 22)),
        (Period.WEEK, date(2026, 11, 16)),
        (Period.MONTH, date(2026, 10, 24)),
    ],
)
def test_days_begin_at_the_visitor_s_midnight(period: Period, first_day: date):
    since, until = HistoryFilter(period=period).bounds(NOW)
    assert until is None
    assert since == datetime.combine(first_day, datetime.min.time(), VLADIVOSTOK)


def test_the_last_day_chosen_is_shown_whole():
    address = {"period": "dates", "since": "2026-11-01", "until": "2026-11-03"}
    wanted = HistoryFilter.from_address(address)
    assert wanted.bounds(NOW) == (
        datetime(2026, 11, 1, tzinfo=VLADIVOSTOK),
        datetime(2026, 11, 4, tzinfo=VLADIVOSTOK),
    )
    assert not wanted.is_empty
