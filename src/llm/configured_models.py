"""Read which models there are, and the languages that each is for."""

from contracts.languages import AUTO_LANGUAGE, language_code
from contracts.routing import ANY_LANGUAGE


def parse_models(text: str, default: str) -> dict[str, list[str]]:
    """Return the models, that for all other languages first, each with its languages.

    Args:
        text: comma-separated `language=model`; a model without a language is used only by
            requests that name it. `*` stands for all other languages.
        default: model for all other languages if the text names none.

    Raises: ValueError: a language is unknown or has two models, or a model has no name.
    """
    by_language: dict[str, str] = {}
    names: list[str] = []
    for entry in filter(None, map(str.strip, text.split(","))):
        code, separator, rest = (part.strip() for part in entry.partition("="))
        name = rest if separator else code
        if not name:
            raise ValueError(f"{entry!r} names no model")
        names.append(name)
        if not separator:
            continue
        language = _language(code)
        if language in by_language:
            raise ValueError(f"{code} has two models")
        by_language[language] = name
    default = by_language.setdefault(ANY_LANGUAGE, default)
    models: dict[str, list[str]] = {name: [] for name in (default, *names)}
    for language, name in by_language.items():
        models[name].append(language)
    return models


def _language(code: str) -> str:
    if code == ANY_LANGUAGE:
        return code
    language = language_code(code)
    if language == AUTO_LANGUAGE:
        raise ValueError(f"{code} is no language; * stands for all others")
    return language
