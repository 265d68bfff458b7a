"""Transcripts in the file formats of other programs."""

from backend.export.registry import WRITERS, render

__all__ = ["WRITERS", "render"]
