"""Maps each export format to its writer."""

from collections.abc import Callable, Sequence

from backend.export.docx import to_docx
from backend.export.file_language import file_language
from backend.export.json import to_json
from backend.export.markdown import to_markdown
from backend.export.notes import NotesSection, notes_section
from backend.export.speaker_names import SpeakerNames, speaker_names
from backend.export.srt import to_srt
from backend.export.tsv import to_spreadsheet_tsv
from backend.export.txt import to_txt
from backend.export.vtt import to_vtt
from contracts.exports import ExportFormat
from contracts.jobs import Job
from contracts.notes import Note
from contracts.transcription import Transcript

Writer = Callable[[Job, Transcript, SpeakerNames, bool, NotesSection], bytes]
"""Takes a job, its transcript, the names of speakers to write, whether to write times, and the
owner's notes; returns the content of a file."""


def render(  # noqa: PLR0913  # one argument for each choice
    job: Job,
    kind: ExportFormat,
    *,
    notes: Sequence[Note] = (),
    timestamps: bool | None = None,
    speakers: bool | None = None,
    accept_language: str | None = None,
) -> bytes:
    """Return a job's transcript as the content of a file.

    Args:
        notes: by time; formats for a text alone and for subtitles leave them out.
        timestamps: whether to write times; None: the format's default.
        speakers: whether to write the names of speakers; None: if there are any.
        accept_language: as in `file_language`.

    Raises: ValueError: the job has no transcript, or the format has no such choice.
    """
    if job.result is None:
        raise ValueError("the job has no transcript")
    if timestamps is not None and not kind.has_optional_timestamps:
        raise ValueError("this format always has times")
    if speakers is not None and not kind.has_optional_speakers:
        raise ValueError("this format always has speakers")
    chosen = kind.default_timestamps if timestamps is None else timestamps
    language = file_language(job.result, accept_language)
    names = {} if speakers is False else speaker_names(job.result, language)
    section = notes_section(notes, language)
    return WRITERS[kind](job, job.result, names, bool(chosen), section)


def _utf8(write: Callable[[Transcript, SpeakerNames], str]) -> Writer:
    return lambda _job, transcript, names, _times, _notes: write(transcript, names).encode()


def _txt(
    _: Job, transcript: Transcript, names: SpeakerNames, timestamps: bool, __: NotesSection
) -> bytes:
    return to_txt(transcript, names, timestamps=timestamps).encode()


def _docx(
    job: Job, transcript: Transcript, names: SpeakerNames, timestamps: bool, notes: NotesSection
) -> bytes:
    return to_docx(job, transcript, names, notes, timestamps=timestamps)


def _markdown(
    job: Job, transcript: Transcript, names: SpeakerNames, timestamps: bool, notes: NotesSection
) -> bytes:
    return to_markdown(job, transcript, names, notes, timestamps=timestamps).encode()


def _json(
    job: Job, transcript: Transcript, _: SpeakerNames, __: bool, notes: NotesSection
) -> bytes:
    with_words = job.options.word_timestamps
    return to_json(transcript if with_words else transcript.without_words(), notes.notes).encode()


WRITERS: dict[ExportFormat, Writer] = {
    ExportFormat.TXT: _txt,
    ExportFormat.DOCX: _docx,
    ExportFormat.MD: _markdown,
    ExportFormat.SRT: _utf8(to_srt),
    ExportFormat.VTT: _utf8(to_vtt),
    ExportFormat.TSV: _utf8(to_spreadsheet_tsv),
    ExportFormat.JSON: _json,
}
