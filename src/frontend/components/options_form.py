"""The form of transcription options; bounds and defaults come from the contracts."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

import streamlit as st
from annotated_types import Ge, Gt, Le, MaxLen
from babel import Locale

from contracts.audio import NORMALIZATION_DEFAULTS, NormalizationMethod
from contracts.languages import AUTO_LANGUAGE, LANGUAGE_NAMES
from contracts.models import ModelInfo
from contracts.options import (
    Diarization,
    Numbers,
    Punctuation,
    Task,
    TranscribeOptions,
    Typography,
)
from contracts.routing import find_route
from frontend.backend_client import BackendClient
from frontend.components.glossary_field import show_glossary
from frontend.i18n import Language, Translator
from frontend.models import choices

_STEPS = {"target_peak": 0.05, "temperature": 0.1}
"""Steps of the sliders whose step is not 1."""

_OF_THE_PAGE = {"word_timestamps": True, "low_latency": True}
"""What the reader needs: it plays words, and shows the first text as soon as there is one."""

_MAX_LISTED_TRACKS = 8

_NUMBER_WIDTH = 130
"""Pixels, so that the number of speakers stays beside their choice on a phone."""

_METHODS = (
    NormalizationMethod.LUFS,
    NormalizationMethod.RMS,
    NormalizationMethod.PEAK,
    NormalizationMethod.NONE,
)
"""Ordered by how often each one suits."""

_PAGE_DEFAULTS = {Language.RU: "ru", Language.EN: AUTO_LANGUAGE}
"""The language of the speech before one is chosen, by the language of the page."""

_PAGE_DIARIZATION = Diarization.AUTO

_UNSET = 0
"""Where a number may be left open: with None Streamlit would offer to clear the choice."""

_OF_ONE_FILE = {"audio_track", "num_speakers"}
"""Options that suit no other recording."""

LANGUAGES = ["ru", AUTO_LANGUAGE, *(code for code in LANGUAGE_NAMES if code != "ru")]
"""Choices of the spoken language, in the order of the list."""

_BABEL_CODES = {"jw": "jv", "tl": "fil"}
"""Codes of the CLDR that differ from Whisper's."""

_LANGUAGE_KEY = "option-language"
_MODEL_KEY = "option-model"
_LANGUAGE_CHOSEN = "language-chosen"

Bound = TypeVar("Bound", Ge, Gt, Le, MaxLen)


def show_options(
    t: Translator,
    backend: BackendClient,
    saved: Mapping[str, object],
    models: Sequence[ModelInfo] = (),
) -> TranscribeOptions:
    """Show the options and return the chosen values.

    Args:
        t: the texts.
        backend: keeps the glossary, which is not among the values.
        saved: options that the visitor chose before, by name; others have their defaults.
        models: of the llm, none if they are unknown; options that the chosen one cannot follow are
            disabled.
    """
    ids = choices(models)
    chosen: dict[str, object] = {"model": _chosen_model(saved, ids)}
    chosen["language"] = _language(t, saved, _Possible(t, models, chosen))
    if ids:
        chosen["model"] = _model(t, chosen["model"], ids)
    possible = _Possible(t, models, chosen)
    chosen |= _OF_THE_PAGE | _speakers(t, saved)
    show_glossary(t, backend)
    with st.expander(t("options.advanced"), icon=":material/tune:"):
        chosen |= _advanced_options(t, saved, possible)
    return TranscribeOptions.model_validate(chosen)


class _Possible:
    """Tells which options the model can follow, and how the widgets of the others look.

    Args:
        models: of the llm.
        chosen: the options that the model is chosen by.
    """

    def __init__(
        self, t: Translator, models: Sequence[ModelInfo], chosen: Mapping[str, object]
    ) -> None:
        self._t = t
        self._models = models
        self._chosen = dict(chosen)

    def includes(self, name: str, value: object) -> bool:
        """Return whether the model can follow an option with a value."""
        return self._unable(name, value) is None

    def _unable(self, name: str, value: object) -> ModelInfo | None:
        """Return a model that would transcribe and cannot follow an option."""
        if not self._models:
            return None
        options = TranscribeOptions.model_validate(self._chosen | {name: value})
        route = find_route(self._models, options)
        return route.unable(name, options) if route else None

    def widget(self, name: str, value: object, help_text: str | None = None) -> dict[str, Any]:
        """Return the arguments of an option's widget: disabled, with the reason, or not.

        Args:
            name: of the option.
            value: one that differs from the default.
            help_text: of the option that is possible.
        """
        unable = self._unable(name, value)
        if unable is None:
            return {"help": help_text, "key": f"option-{name}"}
        reason = self._t("options.impossible", model=unable.id)
        return {"help": reason, "key": f"impossible-{name}", "disabled": True}


def chosen_options(options: TranscribeOptions) -> dict[str, object]:
    """Return the options that the visitor changed and that suit other recordings, to be saved."""
    changed = options.model_dump(
        mode="json", exclude_defaults=True, exclude={"language", *_OF_THE_PAGE, *_OF_ONE_FILE}
    )
    changed["diarization"] = options.diarization.value
    if options.diarization is _PAGE_DIARIZATION:
        del changed["diarization"]
    method = options.normalization
    if method in NORMALIZATION_DEFAULTS:  # the parameter is valid only with its method
        changed["normalization"] = method.value
    if st.session_state.get(_LANGUAGE_CHOSEN):
        changed["language"] = options.language
    return changed


def _chosen_model(saved: Mapping[str, object], ids: Sequence[str]) -> str | None:
    """Return the id of the chosen model; None: the one for the language."""
    chosen = st.session_state.get(_MODEL_KEY, saved.get("model"))
    if chosen in ids:
        return str(chosen)
    st.session_state.pop(_MODEL_KEY, None)  # it may be gone
    return None


def _model(t: Translator, chosen: object, ids: Sequence[str]) -> str | None:
    """Show the choice of the model; None: the one for the language."""
    values = [None, *ids]
    return st.selectbox(
        t("options.model"),
        values,
        values.index(str(chosen)) if chosen in ids else 0,
        format_func=lambda each: each or t("options.model.auto"),
        help=t("options.model.help"),
        key=_MODEL_KEY,
        persist_state="session",
    )


def _language(t: Translator, saved: Mapping[str, object], possible: _Possible) -> str:
    """Show the choice of the language; until one is chosen, it follows that of the page."""
    languages = [code for code in LANGUAGES if possible.includes("language", code)]
    if "language" in saved:
        st.session_state.setdefault(_LANGUAGE_CHOSEN, True)
    if not st.session_state.get(_LANGUAGE_CHOSEN):
        st.session_state[_LANGUAGE_KEY] = _PAGE_DEFAULTS[t.language]
    else:
        st.session_state.setdefault(_LANGUAGE_KEY, saved.get("language"))
    if st.session_state[_LANGUAGE_KEY] not in languages:
        st.session_state[_LANGUAGE_KEY] = languages[0]
    return st.selectbox(
        t("options.language"),
        languages,
        format_func=lambda code: language_label(t, code),
        help=t("options.language.help"),
        key=_LANGUAGE_KEY,
        persist_state="session",
        on_change=_remember_language_choice,
    )


def language_label(t: Translator, code: str) -> str:
    """Return a language's name in the language of the page and in its own."""
    if code == AUTO_LANGUAGE:
        return t("options.language.auto")
    own = LANGUAGE_NAMES[code]
    name = language_name(t, code)
    return name if name.casefold() == own.casefold() else f"{name} — {own}"


def language_name(t: Translator, code: str) -> str:
    """Return a language's name in the language of the page."""
    names = Locale(t.language.value).languages
    return names.get(_BABEL_CODES.get(code, code), LANGUAGE_NAMES.get(code, code))


def _remember_language_choice() -> None:
    st.session_state[_LANGUAGE_CHOSEN] = True


def _prompt(t: Translator, saved: Mapping[str, object], possible: _Possible) -> str:
    widget = possible.widget("prompt", "…", t("options.prompt.help"))
    return st.text_area(
        t("options.prompt"),
        "" if "disabled" in widget else str(saved.get("prompt", "")),
        max_chars=_max_chars("prompt"),
        placeholder=t("options.prompt.example"),
        persist_state="session",
        height=68,
        **widget,
    )


def _speakers(t: Translator, saved: Mapping[str, object]) -> dict[str, object]:
    """Show whether to tell speakers apart, and how many there are."""
    values = list(Diarization)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        diarization = st.selectbox(
            t("options.diarization"),
            values,
            values.index(Diarization(str(saved.get("diarization", _PAGE_DIARIZATION)))),
            format_func=lambda each: t(f"options.diarization.{each}"),
            help=t("options.diarization.help"),
            key="option-diarization",
            persist_state="session",
        )
        if diarization not in (Diarization.AUTO, Diarization.VOICE):
            return {"diarization": diarization}
        num_speakers = st.selectbox(
            t("options.num_speakers"),
            [_UNSET, *range(1, int(_maximum("num_speakers")) + 1)],
            format_func=lambda each: str(each or t("options.num_speakers.unknown")),
            help=t("options.num_speakers.help"),
            key="option-num-speakers",
            persist_state="session",
            width=_NUMBER_WIDTH,
        )
    return {"diarization": diarization, "num_speakers": num_speakers or None}


def _normalization(t: Translator, saved: Mapping[str, object]) -> dict[str, object]:
    default = NormalizationMethod(str(saved.get("normalization", _default("normalization"))))
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
        chosen[parameter] = _slider(t, saved, parameter, value)
    return chosen


def _task(t: Translator, saved: Mapping[str, object], possible: _Possible) -> Task:
    widget = possible.widget("task", Task.TRANSLATE)
    chosen = _default("task") if "disabled" in widget else saved.get("task", _default("task"))
    return st.radio(
        t("options.task"),
        list(Task),
        list(Task).index(Task(str(chosen))),
        format_func=lambda each: t(f"options.task.{each}"),
        persist_state="session",
        **widget,
    )


def _advanced_options(
    t: Translator, saved: Mapping[str, object], possible: _Possible
) -> dict[str, object]:
    return _normalization(t, saved) | {
        "prompt": _prompt(t, saved, possible),
        "chunk_length_s": _slider(t, saved, "chunk_length_s"),
        "task": _task(t, saved, possible),
        "punctuation": _choice(t, saved, "punctuation", list(Punctuation)),
        "numbers": _choice(t, saved, "numbers", list(Numbers)),
        "typography": _choice(t, saved, "typography", list(Typography)),
        "audio_track": st.selectbox(
            t("options.audio_track"),
            [_UNSET, *range(1, _MAX_LISTED_TRACKS + 1)],
            format_func=lambda number: str(number or t("options.audio_track.auto")),
            help=t("options.audio_track.help"),
            key="option-audio-track",
            persist_state="session",
        )
        or None,
        "beam_size": _slider(t, saved, "beam_size", possible=possible),
        "temperature": _slider(t, saved, "temperature", possible=possible),
    }


def _choice(
    t: Translator, saved: Mapping[str, object], name: str, values: Sequence[StrEnum]
) -> str:
    return st.segmented_control(
        t(f"options.{name}"),
        [each.value for each in values],
        default=str(saved.get(name, _default(name))),
        required=True,
        format_func=lambda each: t(f"options.{name}.{each}"),
        help=t(f"options.{name}.help"),
        key=f"option-{name}",
        persist_state="session",
    )


def _slider(
    t: Translator,
    saved: Mapping[str, object],
    name: str,
    own_default: float | None = None,
    possible: _Possible | None = None,
) -> float:
    """Show the slider of an option; those with a default of their own are explained elsewhere."""
    default: float = _default(name) if own_default is None else own_default
    number = type(default)  # Streamlit wants every value of a slider to have the same type
    step = number(_STEPS.get(name, 1))
    help_text = t(f"options.{name}.help") if own_default is None else None
    most = number(_maximum(name))
    widget = (possible or _Possible(t, [], {})).widget(name, most, help_text)
    chosen = default if "disabled" in widget else saved.get(name, default)
    return st.slider(
        t(f"options.{name}"),
        number(_minimum(name, step)),
        most,
        number(_number(chosen)),
        step,
        format="%g",
        persist_state="session",
        **widget,
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
