"""Punctuation by the text of the words, with a token classifier."""
