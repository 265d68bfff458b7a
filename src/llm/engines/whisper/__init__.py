"""Whisper decoding shared by all engines: prompt, search, quality checks, segments, words."""
