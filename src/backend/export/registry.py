"""The formats a transcript can be had in; a new one is a module and a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from backend.export.json import to_json
from backend.export.srt import to_srt
from backend.export.txt import to_txt
from backend.export.vtt import to_vtt
from contracts.transcription import Transcript


class ExportFormat(StrEnum):
    """A format's name, which is also the extension of its files."""

    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    JSON = "json"


@dataclass(frozen=True)
class Exporter:
    """How a transcript is written in one format, and the media type of what comes out."""

    media_type: str
    render: Callable[[Transcript], str]


EXPORTERS: dict[ExportFormat, Exporter] = {
    ExportFormat.TXT: Exporter("text/plain; charset=utf-8", to_txt),
    ExportFormat.SRT: Exporter("application/x-subrip; charset=utf-8", to_srt),
    ExportFormat.VTT: Exporter("text/vtt; charset=utf-8", to_vtt),
    ExportFormat.JSON: Exporter("application/json", to_json),
}
