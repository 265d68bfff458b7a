"""Audio transcribed per day: a chart, its summary and the same data as a table."""

from collections.abc import Sequence

import streamlit as st

from contracts.statistics import DayStatistics
from frontend.i18n import Translator

_MINUTE_S = 60.0
_HEIGHT_PX = 220
_TICKS = 6


def show_daily_chart(t: Translator, by_day: Sequence[DayStatistics]) -> None:
    """Show the chart with its text alternatives, the summary and the table."""
    st.header(t("system.by_day"), anchor=False)
    busiest = max(by_day, key=lambda day: day.audio_s)
    summary = t(
        "system.by_day.summary",
        days=t.number(len(by_day)),
        duration=t.duration(sum(day.audio_s for day in by_day)),
        day=t.day(busiest.day, with_year=False),
        most=t.duration(busiest.audio_s),
    )
    st.caption(summary)
    with st.container(key="daily-chart"):
        st.vega_lite_chart(_chart_spec(t, by_day, summary), width="stretch", theme="streamlit")
    with st.expander(t("system.by_day.table")):
        st.table(_table(t, by_day), border="horizontal")


def _chart_spec(t: Translator, by_day: Sequence[DayStatistics], summary: str) -> dict[str, object]:
    day, minutes = t("system.by_day.day"), t("system.by_day.minutes")
    days = [t.day(each.day, with_year=False) for each in by_day]
    ticks = days[:: max(1, len(days) // _TICKS)]
    values = [
        {"day": name, "minutes": round(each.audio_s / _MINUTE_S, 1)}
        for name, each in zip(days, by_day, strict=True)
    ]
    return {
        "data": {"values": values},
        "description": summary,
        "height": _HEIGHT_PX,
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {
                "field": "day",
                "type": "ordinal",
                "sort": None,
                "title": None,
                "axis": {"values": ticks, "labelAngle": 0, "labelOverlap": True, "ticks": False},
            },
            "y": {"field": "minutes", "type": "quantitative", "title": minutes},
            "tooltip": [
                {"field": "day", "type": "nominal", "title": day},
                {"field": "minutes", "type": "quantitative", "title": minutes},
            ],
        },
    }


def _table(t: Translator, by_day: Sequence[DayStatistics]) -> dict[str, list[str]]:
    active = [each for each in reversed(by_day) if each.n_recordings]
    return {
        t("system.by_day.day"): [t.day(each.day) for each in active],
        t("system.by_day.minutes"): [
            t.number(round(each.audio_s / _MINUTE_S, 1)) for each in active
        ],
        t("system.by_day.recordings"): [t.number(each.n_recordings) for each in active],
    }
