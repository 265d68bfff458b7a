"""Transcripts in the output formats of whisper-asr-webservice."""

from fastapi import Response
from pydantic import BaseModel, Field

from backend.export.plain_text import one_line
from backend.export.srt import to_srt
from backend.export.tsv import to_tsv
from backend.export.vtt import to_vtt
from backend.routes.asr.request import Output
from backend.routes.content_disposition import attachment
from backend.routes.openai.responses import TimedSegment, segments_of, spaced_words
from contracts.jobs import Job
from contracts.transcription import Transcript, Word


class AsrSegment(TimedSegment):
    """A segment; times in seconds."""

    words: list[Word] | None = None


class AsrAnswer(BaseModel):
    """Body of the output `json`."""

    language: str
    segments: list[AsrSegment]
    text: str


class LanguageAnswer(BaseModel):
    """Body of `/detect-language`."""

    detected_language: str = Field(description="English name.")
    language_code: str
    confidence: float = Field(description="Probability of the language, in [0, 1].")


def transcript_response(job: Job, transcript: Transcript, output: Output) -> Response:
    """Return the transcript of a finished job; every output is plain text, and a download."""
    headers = {"Content-Disposition": attachment(f"{job.file.name}.{output}")}
    if job.model:
        headers |= {"Asr-Engine": job.model.engine, "Asr-Model": job.model.name}
    return Response(_content(job, transcript, output), media_type="text/plain", headers=headers)


def _content(job: Job, transcript: Transcript, output: Output) -> str:
    match output:
        case Output.TXT:
            return "".join(f"{one_line(segment.text)}\n" for segment in transcript.segments)
        case Output.VTT:
            return to_vtt(transcript)
        case Output.SRT:
            return to_srt(transcript)
        case Output.TSV:
            return to_tsv(transcript)
        case Output.JSON:
            return _answer(job, transcript).model_dump_json()


def _answer(job: Job, transcript: Transcript) -> AsrAnswer:
    with_words = job.options.word_timestamps
    segments = [
        AsrSegment(
            **timed.model_dump(),
            words=spaced_words(segment.words or [], timed.text) if with_words else None,
        )
        for timed, segment in zip(segments_of(job, transcript), transcript.segments, strict=True)
    ]
    return AsrAnswer(language=transcript.language, segments=segments, text=transcript.text)
