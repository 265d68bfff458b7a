"""Choose the model for a request: by its id, or by the language of the speech."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.capabilities import unsupported_options
from contracts.languages import AUTO_LANGUAGE
from contracts.models import ModelIdentity, ModelInfo
from contracts.options import SharedDecodingOptions

ANY_LANGUAGE = "*"
"""Stands in the configuration for all languages that no other model has."""


def choose_model(
    models: Sequence[ModelInfo], language: str, requested: str | None = None
) -> ModelInfo | None:
    """Return the model for a request; None: there is none of the requested id, or none at all.

    Args:
        models: of the llm; the first one is for `ANY_LANGUAGE`, unless another one is.
        language: ISO 639-1 code, or `auto`.
        requested: id of a model; None: by the language.
    """
    if requested is not None:
        return next((model for model in models if model.id == requested), None)
    for code in (language, ANY_LANGUAGE):
        for model in models:
            if code in model.default_languages:
                return model
    return next(iter(models), None)


def serving_model(models: Sequence[ModelInfo], chosen: ModelInfo) -> ModelInfo | None:
    """Return the chosen model or, until it is available, its fallback; None: neither is."""
    fallbacks = [model for model in models if model.is_fallback]
    return next((model for model in (chosen, *fallbacks) if model.is_available), None)


@dataclass(frozen=True)
class Route:
    """The models that transcribe a recording.

    Attributes:
        models: the main one first; with `auto` others may follow, for parts in other languages.
    """

    models: tuple[ModelInfo, ...]

    @property
    def identities(self) -> list[ModelIdentity]:
        """Return the identities of the models."""
        return [model.identity for model in self.models]

    @property
    def depends_on_language(self) -> bool:
        """Return whether the language of the speech decides."""
        return len(self.models) > 1

    def includes(self, model: ModelIdentity) -> bool:
        """Return whether a transcript of a model is as expected."""
        return any(model.has_weights_of(each) for each in self.identities)

    def longest_chunk_s(self, requested_s: float) -> float:
        """Return the longest chunk that is requested and that all models recognise well."""
        limits = [model.capabilities.max_chunk_s for model in self.models if model.capabilities]
        return min([requested_s, *limits])

    def unsupported_options(self, options: SharedDecodingOptions) -> dict[str, str]:
        """Return the options that a model cannot follow: each name with the reason."""
        reasons: dict[str, str] = {}
        for model in self.models:
            reasons = _unsupported(options, model) | reasons
        return reasons

    def unable(self, name: str, options: SharedDecodingOptions) -> ModelInfo | None:
        """Return the first model that cannot follow an option; None: all can, or it is unknown."""
        return next((model for model in self.models if name in _unsupported(options, model)), None)

    def recognised_language(self, language: str, requested: str | None) -> str:
        """Return a detected language, or `auto` if the model for it does not recognise it."""
        model = choose_model(self.models, language, requested)
        can = model.capabilities if model else None
        return language if can is None or language in can.languages else AUTO_LANGUAGE


def _unsupported(options: SharedDecodingOptions, model: ModelInfo) -> dict[str, str]:
    return unsupported_options(options, model.capabilities) if model.capabilities else {}


def find_route(
    models: Sequence[ModelInfo], options: SharedDecodingOptions, detected: str | None = None
) -> Route | None:
    """Return the models for a recording; None: they, or the fallback, are not available yet.

    Args:
        models: of the llm.
        options: of the recording.
        detected: the language of the speech, if that is known and the options say `auto`.

    Raises: LookupError: there is no model of the requested id.
    """
    main = choose_model(models, detected or options.language, options.model)
    if main is None and options.model is not None:
        raise LookupError(options.model)
    if main is None:
        return None
    chosen = [main]
    if options.language == AUTO_LANGUAGE and options.model is None:
        chosen += [each for each in models if each.default_languages and each is not main]
    serving = [serving_model(models, each) for each in chosen]
    available = {model.id: model for model in serving if model is not None}
    return None if serving[0] is None else Route(tuple(available.values()))
