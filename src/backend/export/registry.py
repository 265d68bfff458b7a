"""The formats a transcript can be had in; a new one is a module and a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from backend.export.docx import to_docx
from backend.export.json import to_json
from backend.export.srt import to_srt
from backend.export.tsv import to_tsv
from backend.export.txt import to_txt
from backend.export.vtt import to_vtt
from contracts.jobs import Job
from contracts.transcription import Transcript


class ExportFormat(StrEnum):
    """A format's name, which is also the extension of its files."""

    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"
    JSON = "json"
    TSV = "tsv"
    DOCX = "docx"


@dataclass(frozen=True)
class Exporter:
    """How a transcript is written in one format, and the media type of what comes out."""

    media_type: str
    write: Callable[[Job, Transcript], bytes]

    def render(self, job: Job) -> bytes:
        """Return the file's content.

        Raises: ValueError: the job has no transcript.
        """
        if job.result is None:
            raise ValueError("the job has no transcript")
        return self.write(job, job.result)


def _utf8(write: Callable[[Transcript], str]) -> Callable[[Job, Transcript], bytes]:
    return lambda _, transcript: write(transcript).encode()


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

EXPORTERS: dict[ExportFormat, Exporter] = {
    ExportFormat.TXT: Exporter("text/plain; charset=utf-8", _utf8(to_txt)),
    ExportFormat.SRT: Exporter("application/x-subrip; charset=utf-8", _utf8(to_srt)),
    ExportFormat.VTT: Exporter("text/vtt; charset=utf-8", _utf8(to_vtt)),
    ExportFormat.JSON: Exporter("application/json", _utf8(to_json)),
    ExportFormat.TSV: Exporter("text/tab-separated-values; charset=utf-8", _utf8(to_tsv)),
    ExportFormat.DOCX: Exporter(_WORD, to_docx),
}
