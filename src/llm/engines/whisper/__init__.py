"""Whisper apart from its network: tokens, search, segments, alignment, words."""
