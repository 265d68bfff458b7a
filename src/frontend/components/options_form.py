"""The form of transcription options; bounds and defaults come from the contracts."""

from typing import Any, TypeVar

import streamlit as st
from annotated_types import Ge, Gt, Le, MaxLen

from contracts.audio import NORMALIZATION_DEFAULTS, NormalizationMethod
from contracts.languages import AUTO_LANGUAGE, LANGUAGE_NAMES
from contracts.transcription import Task, TranscribeOptions
from frontend.i18n import Translator

_STEPS = {"target_peak": 0.05, "temperature": 0.1}
"""Steps of the sliders whose step is not 1."""

_MAX_LISTED_TRACKS = 8

_METHODS = (
    NormalizationMethod.LUFS,
    NormalizationMethod.RMS,
    NormalizationMethod.PEAK,
    NormalizationMethod.NONE,
)
"""Ordered by how often each one suits."""

Bound = TypeVar("Bound", Ge, Gt, Le, MaxLen)


def show_options(t: Translator) -> TranscribeOptions:
    """Show the options and return the chosen values."""
    chosen: dict[str, object] = {"language": _language(t), "word_timestamps": True}
    chosen |= _normalization(t)
    chosen["chunk_length_s"] = _slider(t, "chunk_length_s", with_help=True)
    with st.expander(t("options.more"), icon=":material/tune:"):
        chosen |= _more_options(t)
    return TranscribeOptions.model_validate(chosen)


def _language(t: Translator) -> str:
    default: str = _default("language")
    others = [code for code in LANGUAGE_NAMES if code != default]
    return st.selectbox(
        t("options.language"),
        [default, AUTO_LANGUAGE, *others],
        format_func=lambda code: LANGUAGE_NAMES.get(code) or t("options.language.auto"),
        help=t("options.language.help"),
        key="option-language",
        persist_state="session",
    )


def _normalization(t: Translator) -> dict[str, object]:
    default: NormalizationMethod = _default("normalization")
    method = st.segmented_control(
        t("options.normalization"),
        _METHODS,
        default=default,
        required=True,
        format_func=lambda each: t(f"options.normalization.{each}"),
        key="option-normalization",
        persist_state="session",
        width="stretch",
    )
    st.caption(t(f"options.normalization.{method}.help"))
    chosen: dict[str, object] = {"normalization": method}
    if method in NORMALIZATION_DEFAULTS:
        parameter, value = NORMALIZATION_DEFAULTS[method]
        chosen[parameter] = _slider(t, parameter, value)
    return chosen


def _more_options(t: Translator) -> dict[str, object]:
    return {
        "task": st.radio(
            t("options.task"),
            list(Task),
            format_func=lambda each: t(f"options.task.{each}"),
            key="option-task",
            persist_state="session",
        ),
        "prompt": st.text_area(
            t("options.prompt"),
            max_chars=_max_chars("prompt"),
            placeholder=t("options.prompt.example"),
            help=t("options.prompt.help"),
            key="option-prompt",
            persist_state="session",
            height=80,
        ),
        "audio_track": st.selectbox(
            t("options.audio_track"),
            [None, *range(1, _MAX_LISTED_TRACKS + 1)],
            format_func=lambda number: str(number or t("options.audio_track.auto")),
            help=t("options.audio_track.help"),
            key="option-audio-track",
            persist_state="session",
        ),
        "beam_size": _slider(t, "beam_size", with_help=True),
        "temperature": _slider(t, "temperature", with_help=True),
    }


def _slider(
    t: Translator, name: str, default: float | None = None, *, with_help: bool = False
) -> float:
    value: float = _default(name) if default is None else default
    number = type(value)  # Streamlit wants every value of a slider to have the same type
    step = number(_STEPS.get(name, 1))
    return st.slider(
        t(f"options.{name}"),
        number(_minimum(name, step)),
        number(_maximum(name)),
        value,
        step,
        format="%g",
        help=t(f"options.{name}.help") if with_help else None,
        key=f"option-{name}",
        persist_state="session",
    )


def _minimum(name: str, step: float) -> float:
    """Return the least value of an option; one step above a bound that is excluded."""
    if exclusive := _bound(name, Gt):
        return _number(exclusive.gt) + step
    inclusive = _bound(name, Ge)
    return _number(inclusive.ge if inclusive else None)


def _maximum(name: str) -> float:
    bound = _bound(name, Le)
    return _number(bound.le if bound else None)


def _max_chars(name: str) -> int | None:
    bound = _bound(name, MaxLen)
    return bound.max_length if bound else None


def _number(bound: object) -> float:
    if not isinstance(bound, (int, float)):
        raise TypeError(f"not a numeric bound: {bound!r}")
    return bound


def _bound(name: str, kind: type[Bound]) -> Bound | None:
    metadata = TranscribeOptions.model_fields[name].metadata
    return next((bound for bound in metadata if isinstance(bound, kind)), None)


def _default(name: str) -> Any:
    return TranscribeOptions.model_fields[name].default
