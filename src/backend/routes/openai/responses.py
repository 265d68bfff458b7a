"""Transcripts in the response formats of OpenAI's API."""

from collections.abc import Iterable
from itertools import pairwise
from math import ceil, log
from string import ascii_uppercase
from typing import Literal

from fastapi import Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field

from backend.export.srt import to_srt
from backend.export.vtt import to_vtt
from backend.routes.openai.request import AudioRequest, Granularity, Include, ResponseFormat
from contracts.jobs import Job
from contracts.languages import ENGLISH_NAMES
from contracts.options import Task
from contracts.spacing import is_wordless_script, separator
from contracts.transcription import Segment, Transcript, Word

FRAMES_PER_S = 100
"""Source: the Whisper paper, section 2.2: a frame is 10 ms."""


IMPOSSIBLE_LOGPROB = -9999.0
"""Log-probability that stands for a probability of 0; Source: OpenAI's API reference."""


class Usage(BaseModel):
    """The billed duration in OpenAI's responses."""

    type: Literal["duration"] = "duration"
    seconds: int


class Logprob(BaseModel):
    """The natural log-probability of a word, or of a segment whose words are not known."""

    token: str = Field(description="The word with its space; tokens themselves are not stored.")
    logprob: float
    bytes: list[int]


class TextAnswer(BaseModel):
    """Body of the format `json`."""

    text: str
    model: str | None = Field(None, description="The model that made the text.")
    logprobs: list[Logprob] | None = Field(None, description="With `include[]=logprobs`.")
    usage: Usage


class TimedWord(BaseModel):
    """A word; times in seconds."""

    word: str
    start: float
    end: float


class TimedSegment(BaseModel):
    """A segment; times in seconds."""

    id: int
    seek: int = Field(description="Start in frames of 10 ms.")
    start: float
    end: float
    text: str
    tokens: list[int] = Field(default=[], description="Always empty: tokens are not stored.")
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float


class VerboseAnswer(BaseModel):
    """Body of the format `verbose_json`."""

    task: Task
    language: str = Field(description="English name of the text's language.")
    duration: float
    text: str
    model: str | None = Field(None, description="The model that made the text.")
    words: list[TimedWord] | None = None
    segments: list[TimedSegment] | None = None
    usage: Usage


class SpokenSegment(BaseModel):
    """A segment of one speaker; times in seconds."""

    id: str
    type: Literal["transcript.text.segment"] = "transcript.text.segment"
    start: float
    end: float
    text: str
    speaker: str = Field(description="The speaker's name, else a letter in order of appearance.")


class DiarizedAnswer(BaseModel):
    """Body of the format `diarized_json`."""

    task: Task
    duration: float
    text: str
    segments: list[SpokenSegment]
    usage: Usage


def transcript_response(job: Job, transcript: Transcript, request: AudioRequest) -> Response:
    """Return the transcript of a finished job in the requested format."""
    match request.response_format:
        case ResponseFormat.TEXT:
            return PlainTextResponse(f"{transcript.text}\n")
        case ResponseFormat.SRT:
            return PlainTextResponse(to_srt(transcript))
        case ResponseFormat.VTT:
            return PlainTextResponse(to_vtt(transcript), media_type="text/vtt")
        case ResponseFormat.JSON:
            answer = TextAnswer(
                text=transcript.text,
                model=model_name_of(job),
                logprobs=logprobs_of(transcript, request),
                usage=usage_of(transcript),
            )
        case ResponseFormat.VERBOSE_JSON:
            answer = _verbose(job, transcript, request.timestamp_granularities)
        case ResponseFormat.DIARIZED_JSON:
            answer = _diarized(job, transcript)
    return JSONResponse(answer.model_dump(mode="json", exclude_none=True))


def model_name_of(job: Job) -> str | None:
    """Return the model that made the text; None if no model was needed."""
    return job.model and job.model.name


def logprobs_of(transcript: Transcript, request: AudioRequest) -> list[Logprob] | None:
    """Return the log-probabilities, if the request includes them."""
    if Include.LOGPROBS not in request.include:
        return None
    return [
        each
        for segment, text in zip(transcript.segments, spaced_texts(transcript), strict=True)
        for each in _logprobs_of(segment, text)
    ]


def _logprobs_of(segment: Segment, text: str) -> list[Logprob]:
    if segment.words is None or segment.original_text is not None:
        return [_logprob(text, segment.avg_logprob)]
    return [
        _logprob(word.word, log(word.probability) if word.probability else IMPOSSIBLE_LOGPROB)
        for word in spaced_words(segment.words, text)
    ]


def _logprob(token: str, logprob: float) -> Logprob:
    return Logprob(token=token, logprob=logprob, bytes=list(token.encode()))


def segments_of(job: Job, transcript: Transcript) -> list[TimedSegment]:
    """Return the segments; their texts joined without a separator are the whole text."""
    return [
        _segment(segment, text, job.options.temperature)
        for segment, text in zip(transcript.segments, spaced_texts(transcript), strict=True)
    ]


def spaced_texts(transcript: Transcript) -> list[str]:
    """Return the segments' texts, each with the space before it, as Whisper's tokens have it."""
    texts = [segment.text for segment in transcript.segments]
    # Whisper begins with a space, too, except in scripts that have none
    first = "" if texts and is_wordless_script(texts[0][:1]) else " "
    spaces = [first, *(separator(*pair) for pair in pairwise(texts))]
    return [f"{space}{text}" for space, text in zip(spaces, texts, strict=False)]


def spaced_words(words: Iterable[Word], text: str) -> list[Word]:
    """Return the words of a text, each with the space before it."""
    spaced: list[Word] = []
    position = 0
    for word in words:
        plain = word.word.strip()
        start = text.find(plain, position)
        if start >= 0:
            end = start + len(plain)
            spaced.append(word.model_copy(update={"word": text[position:end]}))
            position = end
    return spaced


def usage_of(transcript: Transcript) -> Usage:
    """Return the recording's duration, rounded up to a second."""
    return Usage(seconds=ceil(transcript.duration_s))


def _verbose(job: Job, transcript: Transcript, granularities: list[Granularity]) -> VerboseAnswer:
    translated = job.options.task is Task.TRANSLATE
    language = "en" if translated else transcript.language
    return VerboseAnswer(
        task=job.options.task,
        language=ENGLISH_NAMES.get(language, language),
        duration=transcript.duration_s,
        text=transcript.text,
        model=model_name_of(job),
        words=_words(transcript) if Granularity.WORD in granularities else None,
        segments=segments_of(job, transcript) if Granularity.SEGMENT in granularities else None,
        usage=usage_of(transcript),
    )


def _diarized(job: Job, transcript: Transcript) -> DiarizedAnswer:
    labels = {
        speaker.id: speaker.name or _letter(n) for n, speaker in enumerate(transcript.speakers)
    }
    return DiarizedAnswer(
        task=job.options.task,
        duration=transcript.duration_s,
        text=transcript.text,
        segments=[
            SpokenSegment(
                id=f"seg_{segment.index}",
                start=segment.start,
                end=segment.end,
                text=text,
                speaker=labels.get(segment.speaker or "", _letter(0)),
            )
            for segment, text in zip(transcript.segments, spaced_texts(transcript), strict=True)
        ],
        usage=usage_of(transcript),
    )


def _letter(n: int) -> str:
    """Return a label in the order A, B to Z, A1, B1 and so on."""
    return f"{ascii_uppercase[n % 26]}{n // 26 or ''}"


def _words(transcript: Transcript) -> list[TimedWord]:
    return [
        TimedWord(word=word.word.strip(), start=word.start, end=word.end)
        for segment in transcript.segments
        for word in segment.words or []
    ]


def _segment(segment: Segment, text: str, temperature: float) -> TimedSegment:
    return TimedSegment(
        id=segment.index,
        seek=round(segment.start * FRAMES_PER_S),
        start=segment.start,
        end=segment.end,
        text=text,
        temperature=temperature,
        avg_logprob=segment.avg_logprob,
        compression_ratio=segment.compression_ratio,
        no_speech_prob=segment.no_speech_prob,
    )
