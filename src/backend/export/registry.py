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
    """How a transcript is written in one format, and the media type of what comes out.

    Attributes:
        timestamps: whether times are written unless the caller says otherwise; None: they are
            part of the format, and there is no choice.
        write: its last argument says whether times are written; without meaning for None.
    """

    media_type: str
    write: Callable[[Job, Transcript, bool], bytes]
    timestamps: bool | None = None

    def render(self, job: Job, *, timestamps: bool | None = None) -> bytes:
        """Return the file's content.

        Args:
            timestamps: None: as is usual for the format.

        Raises: ValueError: the job has no transcript, or the format leaves no choice.
        """
        if job.result is None:
            raise ValueError("the job has no transcript")
        if timestamps is not None and self.timestamps is None:
            raise ValueError("the times are part of this format")
        return self.write(
            job, job.result, bool(self.timestamps if timestamps is None else timestamps)
        )


def _utf8(write: Callable[[Transcript], str]) -> Callable[[Job, Transcript, bool], bytes]:
    return lambda _, transcript, __: write(transcript).encode()


def _txt(_: Job, transcript: Transcript, timestamps: bool) -> bytes:
    return to_txt(transcript, timestamps=timestamps).encode()


def _docx(job: Job, transcript: Transcript, timestamps: bool) -> bytes:
    return to_docx(job, transcript, timestamps=timestamps)


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

EXPORTERS: dict[ExportFormat, Exporter] = {
    ExportFormat.TXT: Exporter("text/plain; charset=utf-8", _txt, timestamps=False),
    ExportFormat.SRT: Exporter("application/x-subrip; charset=utf-8", _utf8(to_srt)),
    ExportFormat.VTT: Exporter("text/vtt; charset=utf-8", _utf8(to_vtt)),
    ExportFormat.JSON: Exporter("application/json", _utf8(to_json)),
    ExportFormat.TSV: Exporter("text/tab-separated-values; charset=utf-8", _utf8(to_tsv)),
    ExportFormat.DOCX: Exporter(_WORD, _docx, timestamps=True),
}
