"""The options of a transcription; their bounds and defaults are those of the contracts."""

import streamlit as st
from annotated_types import Ge, Gt, Le, MaxLen

from contracts.audio import NORMALIZATION_DEFAULTS, NormalizationMethod
from contracts.languages import AUTO_LANGUAGE, LANGUAGE_NAMES
from contracts.transcription import Task, TranscribeOptions
from frontend.i18n import Translator

_STEPS = {"target_peak": 0.05, "temperature": 0.1}
"""What a slider moves by, where that is not one."""

_METHODS = (
    NormalizationMethod.LUFS,
    NormalizationMethod.RMS,
    NormalizationMethod.PEAK,
    NormalizationMethod.NONE,
)
"""The one that suits nearly always comes first."""


def show_options(t: Translator) -> TranscribeOptions:
    """Show every option, and return what was chosen."""
    chosen: dict[str, object] = {"language": _language(t), "word_timestamps": True}
    chosen |= _normalization(t)
    chosen["chunk_length_s"] = _slider(t, "chunk_length_s", with_help=True)
    with st.expander(t("options.more"), icon=":material/tune:"):
        chosen |= _more_options(t)
    return TranscribeOptions.model_validate(chosen)


def _language(t: Translator) -> str:
    default = _default_of("language")
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
    method = st.segmented_control(
        t("options.normalization"),
        _METHODS,
        default=_default_of("normalization"),
        required=True,
        format_func=lambda each: t(f"options.normalization.{each}"),
        key="option-normalization",
        persist_state="session",
        width="stretch",
    )
    st.caption(t(f"options.normalization.{method}.help"))
    chosen: dict[str, object] = {"normalization": method}
    if method in NORMALIZATION_DEFAULTS:
        parameter, default = NORMALIZATION_DEFAULTS[method]
        chosen[parameter] = _slider(t, parameter, default)
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
            max_chars=_bound("prompt", MaxLen).max_length,
            placeholder=t("options.prompt.example"),
            help=t("options.prompt.help"),
            key="option-prompt",
            persist_state="session",
            height=80,
        ),
        "beam_size": _slider(t, "beam_size", with_help=True),
        "temperature": _slider(t, "temperature", with_help=True),
    }


def _slider(
    t: Translator, name: str, default: float | None = None, *, with_help: bool = False
) -> float:
    value = _default_of(name) if default is None else default
    number = type(value)
    step = number(_STEPS.get(name, 1))
    return st.slider(
        t(f"options.{name}"),
        number(_least(name, step)),
        number(_bound(name, Le).le),
        value,
        step,
        format="%g",
        help=t(f"options.{name}.help") if with_help else None,
        key=f"option-{name}",
        persist_state="session",
    )


def _least(name: str, step: float) -> float:
    """Return the least value; a bound that is itself excluded counts from one step above."""
    exclusive = _bound(name, Gt)
    return exclusive.gt + step if exclusive else _bound(name, Ge).ge


def _bound(name: str, kind: type) -> object:
    metadata = TranscribeOptions.model_fields[name].metadata
    return next((bound for bound in metadata if isinstance(bound, kind)), None)


def _default_of(name: str) -> object:
    return TranscribeOptions.model_fields[name].default
