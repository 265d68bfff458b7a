"""Every word of the page, in Russian and in English."""

from frontend.i18n.translator import Language, Translator

__all__ = ["Language", "Translator"]
