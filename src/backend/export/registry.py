"""Maps each export format to its writer."""

from collections.abc import Callable

from backend.export.docx import to_docx
from backend.export.json import to_json
from backend.export.markdown import to_markdown
from backend.export.speaker_names import SpeakerNames, speaker_names
from backend.export.srt import to_srt
from backend.export.tsv import to_spreadsheet_tsv
from backend.export.txt import to_txt
from backend.export.vtt import to_vtt
from contracts.exports import ExportFormat
from contracts.jobs import Job
from contracts.transcription import Transcript

Writer = Callable[[Job, Transcript, SpeakerNames, bool], bytes]
"""Takes a job, its transcript, the names of speakers to write and whether to write times; returns
the content of a file."""


def render(
    job: Job,
    kind: ExportFormat,
    *,
    timestamps: bool | None = None,
    speakers: bool | None = None,
    accept_language: str | None = None,
) -> bytes:
    """Return a job's transcript as the content of a file.

    Args:
        timestamps: whether to write times; None: the format's default.
        speakers: whether to write the names of speakers; None: if there are any.
        accept_language: as in `speaker_names`.

    Raises: ValueError: the job has no transcript, or the format has no such choice.
    """
    if job.result is None:
        raise ValueError("the job has no transcript")
    if timestamps is not None and not kind.has_optional_timestamps:
        raise ValueError("this format always has times")
    if speakers is not None and not kind.has_optional_speakers:
        raise ValueError("this format always has speakers")
    chosen = kind.default_timestamps if timestamps is None else timestamps
    names = {} if speakers is False else speaker_names(job.result, accept_language)
    return WRITERS[kind](job, job.result, names, bool(chosen))


def _utf8(write: Callable[[Transcript, SpeakerNames], str]) -> Writer:
    return lambda _, transcript, names, __: write(transcript, names).encode()


def _txt(_: Job, transcript: Transcript, names: SpeakerNames, timestamps: bool) -> bytes:
    return to_txt(transcript, names, timestamps=timestamps).encode()


def _docx(job: Job, transcript: Transcript, names: SpeakerNames, timestamps: bool) -> bytes:
    return to_docx(job, transcript, names, timestamps=timestamps)


def _markdown(job: Job, transcript: Transcript, names: SpeakerNames, timestamps: bool) -> bytes:
    return to_markdown(job, transcript, names, timestamps=timestamps).encode()


def _json(job: Job, transcript: Transcript, _: SpeakerNames, __: bool) -> bytes:
    with_words = job.options.word_timestamps
    return to_json(transcript if with_words else transcript.without_words()).encode()


WRITERS: dict[ExportFormat, Writer] = {
    ExportFormat.TXT: _txt,
    ExportFormat.DOCX: _docx,
    ExportFormat.MD: _markdown,
    ExportFormat.SRT: _utf8(to_srt),
    ExportFormat.VTT: _utf8(to_vtt),
    ExportFormat.TSV: _utf8(to_spreadsheet_tsv),
    ExportFormat.JSON: _json,
}
