"""The dictionary of Russian word forms, loaded once for all that use it."""

from functools import cache

from pymorphy3 import MorphAnalyzer


@cache
def russian_morphology() -> MorphAnalyzer:
    """Return the dictionary; the first call loads it."""
    return MorphAnalyzer(lang="ru")
