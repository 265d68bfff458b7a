"""Transcripts in the file formats of other programs."""

from backend.export.file_names import file_name
from backend.export.registry import WRITERS, render
from backend.export.zip_stream import ZipStream

__all__ = ["WRITERS", "ZipStream", "file_name", "render"]
