"""Punctuation of words that another model recognised: by their sound, or by their text."""
