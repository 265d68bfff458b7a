"""The texts of the page in Russian and English."""

from frontend.i18n.translator import Language, Translator

__all__ = ["Language", "Translator"]
