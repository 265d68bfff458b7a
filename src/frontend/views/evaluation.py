"""How well the models transcribe the recordings that were corrected."""

from collections.abc import Sequence

import streamlit as st

from contracts.evaluation import CorrectedRecording, Evaluation, Figure, ModelAccuracy
from frontend.components.errors import errors_shown
from frontend.components.facts import Fact, show_facts
from frontend.i18n import Translator
from frontend.page import Page

_DIGITS = 1


def show_evaluation(page: Page) -> None:
    """Show the errors of each model on the chosen recordings."""
    with errors_shown(page.t), st.container(key="evaluation"):
        evaluation = page.backend.evaluation([])
        offered = evaluation.recordings
        st.header(page.t("evaluation.title"), anchor=False)
        if not offered:
            st.caption(page.t("evaluation.empty"))
            return
        st.caption(page.t("evaluation.help"))
        evaluated = [one.id for one in offered if one.is_evaluated]
        chosen = st.multiselect(
            page.t("evaluation.recordings"),
            [one.id for one in offered],
            default=evaluated,
            format_func=_names(page.t, offered).__getitem__,
            key="evaluated-recordings",
        )
        if not chosen:
            return
        if set(chosen) != set(evaluated):
            evaluation = page.backend.evaluation(chosen)
        _show_models(page.t, evaluation)


def _names(t: Translator, offered: Sequence[CorrectedRecording]) -> dict[str, str]:
    """Return unique names by id: Streamlit identifies options by their text."""
    names: dict[str, str] = {}
    for one in offered:
        name = _name(t, one)
        n_alike = sum(each.startswith(name) for each in names.values())
        names[one.id] = f"{name} ({n_alike + 1})" if n_alike else name
    return names


def _name(t: Translator, one: CorrectedRecording) -> str:
    day = t.day(one.created_at.date())
    return t(
        "evaluation.recording",
        count=one.n_segments,
        name=one.name,
        day=day,
        corrected=one.n_corrected,
        model=one.model,
    )


def _show_models(t: Translator, evaluation: Evaluation) -> None:
    for number, one in enumerate(evaluation.models):
        show_facts(f"accuracy-{number}", one.model, _facts(t, one))
    if evaluation.recommended:
        st.info(
            t("evaluation.recommended", model=f"`{evaluation.recommended}`"),
            icon=":material/check:",
        )
    elif len(evaluation.models) == 1:
        st.caption(t("evaluation.one_model"))
    st.caption(t("evaluation.interval"))


def _facts(t: Translator, one: ModelAccuracy) -> list[Fact]:
    recordings = t("evaluation.scope", count=one.n_recordings, words=one.n_words)
    return [
        Fact(t("evaluation.wer"), _figure(t, one.wer), recordings),
        Fact(t("evaluation.cer"), _figure(t, one.cer)),
        Fact(t("evaluation.rtf"), t.number(one.rtf, 2) if one.rtf else ""),
    ]


def _figure(t: Translator, figure: Figure) -> str:
    value, low, high = (t.number(each, _DIGITS) for each in (figure.value, figure.low, figure.high))
    return t("evaluation.figure", value=value, low=low, high=high)
