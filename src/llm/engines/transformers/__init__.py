"""Whisper on transformers and torch: the reference engine, and the one for a GPU."""
