"""Audio transcribed per day: a chart, its summary and the same data as a table."""

from collections.abc import Sequence

import streamlit as st

from contracts.statistics import DayStatistics
from frontend.components.web_component import web_component
from frontend.i18n import Translator

_MINUTE_S = 60.0
_TICKS = 5

_chart = web_component("daily_chart")


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
        _chart(key="chart-of-days", data=_chart_data(t, by_day, summary))
    with st.expander(t("system.by_day.table")):
        st.table(_table(t, by_day), border="horizontal")


def _chart_data(t: Translator, by_day: Sequence[DayStatistics], summary: str) -> dict[str, object]:
    days = [t.day(each.day, with_year=False) for each in by_day]
    most_s = max(each.audio_s for each in by_day)
    bars = [
        {
            "day": each.day.isoformat(),
            "text": f"{name}: {t.duration(each.audio_s)}",
            "share": each.audio_s / most_s,
        }
        for name, each in zip(days, by_day, strict=True)
    ]
    last = len(days) - 1
    ticks = [days[round(last * place / (_TICKS - 1))] for place in range(_TICKS)]
    return {"summary": summary, "bars": bars, "ticks": ticks}


def _table(t: Translator, by_day: Sequence[DayStatistics]) -> dict[str, list[str]]:
    active = [each for each in reversed(by_day) if each.n_recordings]
    return {
        t("system.by_day.day"): [t.day(each.day) for each in active],
        t("system.by_day.minutes"): [
            t.number(round(each.audio_s / _MINUTE_S, 1)) for each in active
        ],
        t("system.by_day.recordings"): [t.number(each.n_recordings) for each in active],
    }
