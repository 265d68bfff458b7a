"""Transcripts in the formats that other programs read."""

from backend.export.registry import EXPORTERS, Exporter, ExportFormat

__all__ = ["EXPORTERS", "ExportFormat", "Exporter"]
