"""Choose the model for a request: by its id, or by the language of the speech."""

from collections.abc import Sequence

from contracts.models import ModelInfo

ANY_LANGUAGE = "*"
"""Stands in the configuration for all languages that no other model has."""


def choose_model(
    models: Sequence[ModelInfo], language: str, requested: str | None = None
) -> ModelInfo | None:
    """Return the model for a request; None: there is no model of the requested id.

    Args:
        models: of the llm; one of them is for `ANY_LANGUAGE`.
        language: ISO 639-1 code, or `auto`.
        requested: id of a model; None: by the language.
    """
    if requested is not None:
        return next((model for model in models if model.id == requested), None)
    for code in (language, ANY_LANGUAGE):
        for model in models:
            if code in model.default_languages:
                return model
    return None


def serving_model(models: Sequence[ModelInfo], chosen: ModelInfo) -> ModelInfo | None:
    """Return the chosen model or, until it is available, its fallback; None: neither is."""
    fallbacks = [model for model in models if model.is_fallback]
    return next((model for model in (chosen, *fallbacks) if model.is_available), None)
