"""A transcript streamed as server-sent events."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Literal

from fastapi import Request
from pydantic import BaseModel
from sse_starlette import EventSourceResponse, ServerSentEvent

from backend.jobs.service import JobService
from backend.routes.openai.errors import ErrorAnswer, error_body
from backend.routes.openai.request import AudioRequest
from backend.routes.openai.responses import (
    Logprob,
    TimedSegment,
    logprobs_of,
    model_name_of,
    segments_of,
)
from backend.routes.waiting import cancel_on_disconnect, problem_of
from contracts.jobs import JobStatus
from contracts.spacing import join_texts
from contracts.transcription import Segment
from servicekit.errors import ServiceError

HEARTBEAT_S = 15
"""Seconds without an event after which a comment keeps the connection open."""


class TextDelta(BaseModel):
    """Text that was added."""

    type: Literal["transcript.text.delta"] = "transcript.text.delta"
    delta: str


class TextDone(BaseModel):
    """The whole text; the last event."""

    type: Literal["transcript.text.done"] = "transcript.text.done"
    text: str
    model: str | None = None
    segments: list[TimedSegment]
    logprobs: list[Logprob] | None = None


def event_stream(
    request: Request, jobs: JobService, job_id: str, owner: str, asked: AudioRequest
) -> EventSourceResponse:
    """Return a stream of a job's text until it ends."""
    messages = _messages(request, jobs, job_id, owner, asked)
    return EventSourceResponse(messages, ping=HEARTBEAT_S, headers={"Cache-Control": "no-store"})


async def _messages(
    request: Request, jobs: JobService, job_id: str, owner: str, asked: AudioRequest
) -> AsyncGenerator[ServerSentEvent]:
    sent, texts = "", dict[int, str]()
    try:
        async with (
            cancel_on_disconnect(request, jobs, job_id, owner),
            aclosing(jobs.events(job_id, owner)) as events,
        ):
            async for event in events:
                if not isinstance(event.data, Segment):
                    continue
                texts[event.data.index] = event.data.text  # a new segment, or one that has grown
                text = join_texts(texts.values())
                if text.startswith(sent) and text != sent:
                    yield _message(TextDelta(delta=text.removeprefix(sent)))
                    sent = text
        async for message in _final_messages(jobs, job_id, owner, sent, asked):
            yield message
    except ServiceError as error:  # too late for an HTTP status
        yield _message(error_body(error.to_problem()))


async def _final_messages(
    jobs: JobService, job_id: str, owner: str, sent: str, asked: AudioRequest
) -> AsyncGenerator[ServerSentEvent]:
    job = await jobs.get(job_id, owner)
    if job.status is not JobStatus.COMPLETED or job.result is None:
        yield _message(error_body(problem_of(job)))
        return
    text = job.result.text
    if text.startswith(sent) and text != sent:  # a segment has grown since it was sent
        yield _message(TextDelta(delta=text.removeprefix(sent)))
    yield _message(
        TextDone(
            text=text,
            model=model_name_of(job),
            segments=segments_of(job, job.result),
            logprobs=logprobs_of(job.result, asked),
        )
    )


def _message(data: TextDelta | TextDone | ErrorAnswer) -> ServerSentEvent:
    event = "error" if isinstance(data, ErrorAnswer) else data.type
    return ServerSentEvent(data.model_dump_json(), event=event)
