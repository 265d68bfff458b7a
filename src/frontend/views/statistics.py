"""Usage statistics and the state of the system."""

import streamlit as st

from contracts.models import Health, HealthStatus, ModelFailure, ModelInfo, ModelState
from contracts.statistics import Statistics
from frontend.components.daily_chart import show_daily_chart
from frontend.components.errors import errors_shown
from frontend.components.facts import Fact, show_facts
from frontend.i18n import Translator
from frontend.page import Page
from frontend.views.evaluation import show_evaluation
from frontend.views.voices import show_voices

REFRESH_S = 10
"""Seconds between updates."""

_HOUR_S = 3600.0


def show_statistics(page: Page) -> None:
    """Show the statistics that the backend reports."""
    st.title(page.t("view.system"), anchor=False)
    with st.container(key="statistics"):
        _show_numbers(page)
    show_evaluation(page)
    show_voices(page)


@st.fragment(run_every=REFRESH_S)
def _show_numbers(page: Page) -> None:
    t = page.t
    with errors_shown(t):
        statistics = page.backend.statistics()
        if statistics.n_recordings:
            _show_transcribed(t, statistics)
            if any(day.audio_s for day in statistics.by_day):
                show_daily_chart(t, statistics.by_day)
            _show_speakers(t, statistics)
        else:
            st.info(f"**{t('system.empty')}**  \n{t('system.empty.next')}", icon=":material/info:")
        left, right = st.columns(2, gap="large")
        with left:
            _show_models(t, page.backend.models().data)
            _show_degraded(t, page.backend.health())
            _show_queue(t, statistics)
            _show_versions(t, statistics)
        with right:
            _show_disk(t, statistics)
            _show_storage(t, statistics)


def _show_transcribed(t: Translator, statistics: Statistics) -> None:
    show_facts(
        "transcribed",
        t("system.transcribed"),
        [
            Fact(
                t("system.audio"),
                t.duration(statistics.audio_s),
                t("system.recordings", count=statistics.n_recordings),
            ),
            Fact(t("system.words"), t.number(statistics.n_words)),
            Fact(t("system.speed"), *_speed(t, statistics.rtf)),
        ],
        large=True,
    )


def _show_speakers(t: Translator, statistics: Statistics) -> None:
    """Show who speaks how much; without names there is nothing to compare."""
    if not any(speaker.name for speaker in statistics.speakers):
        return
    facts = [
        Fact(
            speaker.name or t("system.speakers.unnamed"),
            t.share(speaker.share),
            t.duration(speaker.speech_s),
        )
        for speaker in statistics.speakers
    ]
    show_facts("speakers", t("system.speakers"), facts)


def _speed(t: Translator, rtf: float | None) -> tuple[str, str]:
    """Return how many times faster or slower than real time the service works, and a remark."""
    if not rtf:
        return t("system.speed.unknown"), t("system.speed.unknown.help")
    factor = round(max(rtf, 1 / rtf), 1)
    if factor == 1:
        text = t("system.speed.same")
    else:
        text = t("system.speed.faster" if rtf < 1 else "system.speed.slower", count=factor)
    return text, t("system.speed.help", duration=t.duration(_HOUR_S * rtf))


def _show_models(t: Translator, models: list[ModelInfo]) -> None:
    for number, model in enumerate(models):
        state = _state(t, model)
        if model.is_fallback:
            state = f"{state} · {t('system.model.fallback')}"
        engine = " · ".join(filter(None, [model.engine, model.device]))
        facts = [
            Fact(t("system.model.name"), model.id),
            Fact(t("system.model.state"), state),
            Fact(t("system.model.engine"), engine),
            Fact(t("system.model.revision"), (model.revision or "")[:12]),
            Fact(t("system.model.error"), _failure(t, model)),
        ]
        show_facts(f"model-{number}", t("system.models"), facts)


def _failure(t: Translator, model: ModelInfo) -> str:
    """Return why a model failed; the service's own words where no others say it."""
    if model.failure in (None, ModelFailure.UNEXPECTED, ModelFailure.UNUSABLE):
        return model.detail or ""
    return t(f"system.model.failure.{model.failure}")


def _show_degraded(t: Translator, health: Health) -> None:
    """Show what else is not as configured, in the service's own words; models are shown above."""
    facts = [
        Fact(t(f"system.check.{name}"), check.detail or "")
        for name, check in health.checks.items()
        if check.status is not HealthStatus.READY and name != "llm"
    ]
    if any(fact.value for fact in facts):
        show_facts("checks", t("service.degraded"), facts)


def _state(t: Translator, model: ModelInfo) -> str:
    if model.state is ModelState.FETCHING and model.progress is not None:
        return t("system.state.fetching_share", percent=t.percent(model.progress))
    return t(f"system.state.{model.state}")


def _show_queue(t: Translator, statistics: Statistics) -> None:
    facts = [
        Fact(t("system.queue.running"), t.number(statistics.n_running)),
        Fact(t("system.queue.waiting"), t.number(statistics.n_queued)),
    ]
    show_facts("queue", t("system.queue"), facts)


def _show_disk(t: Translator, statistics: Statistics) -> None:
    disk = statistics.disk
    parts = {
        "recordings": disk.recordings_bytes,
        "database": disk.database_bytes,
        "work": disk.work_bytes,
        "free": disk.free_bytes,
    }
    facts = [Fact(t(f"system.disk.{part}"), t.file_size(size)) for part, size in parts.items()]
    show_facts("disk", t("system.disk"), facts)
    used = sum(parts.values()) - disk.free_bytes
    total = t.file_size(used + disk.free_bytes)
    summary = t("system.disk.summary", used=t.file_size(used), total=total)
    st.progress(used / max(1, used + disk.free_bytes), summary)


def _show_storage(t: Translator, statistics: Statistics) -> None:
    facts = [
        Fact(t("system.storage.folder"), statistics.data_dir),
        Fact(
            t("system.storage.database"),
            t(f"system.storage.database.{statistics.database}"),
        ),
        Fact(t("system.storage.cache"), t(f"system.storage.cache.{statistics.cache}")),
    ]
    show_facts("storage", t("system.storage"), facts)


def _show_versions(t: Translator, statistics: Statistics) -> None:
    facts = [
        Fact(t("system.version.service"), statistics.version),
        Fact(t("system.version.page"), st.__version__),
    ]
    show_facts("versions", t("system.versions"), facts)
