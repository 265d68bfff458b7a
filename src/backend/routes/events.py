"""The server-sent events of a job.

Source: HTML Living Standard, section 9.2 "Server-sent events".
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from sse_starlette import EventSourceResponse, ServerSentEvent

from backend.dependencies import Jobs, OwnAudit, Owner, WordTimestamps
from backend.errors import OverloadedError
from backend.jobs.service import JobService
from contracts.audit import AuditAction
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1/transcriptions/{job_id}/events", tags=["transcriptions"])

_MAX_ID_CHARS = 18
"""Digits that fit into the integer column of every database."""

MAX_STREAMS = 500
"""Half of the connections that the server accepts stay free for other calls."""
RETRY_AFTER_S = 30

HEARTBEAT_S = 15
"""Seconds without an event after which a comment keeps proxies connected."""


@router.get(
    "",
    summary="Progress and segments as server-sent events",
    response_class=EventSourceResponse,
    responses={
        200: {
            "description": "`progress`, `segment`, then `completed`, `failed` or `cancelled`",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **problem_responses(
            ProblemType.NOT_FOUND, ProblemType.INVALID_OPTION, ProblemType.OVERLOADED
        ),
    },
)
async def follow_transcription(  # noqa: PLR0913  # one argument for each dependency
    *,
    job_id: str,
    jobs: Jobs,
    owner: Owner,
    audit: OwnAudit,
    last_event_id: Annotated[str | None, Header(description="Resume after this event.")] = None,
    word_timestamps: WordTimestamps = None,
) -> EventSourceResponse:
    """Send the events so far, then new ones until the job ends."""
    if jobs.n_streams >= MAX_STREAMS:
        raise OverloadedError("Too many event streams are open.", retry_after_s=RETRY_AFTER_S)
    job = await jobs.get_head(job_id, owner)  # an unknown job is a 404, not an empty stream
    audit.record(AuditAction.OPENED, job_id)
    words = job.options.word_timestamps if word_timestamps is None else word_timestamps
    events = _messages(jobs, job_id, owner, _parse_event_id(last_event_id), with_words=words)
    return EventSourceResponse(events, ping=HEARTBEAT_S, headers={"Cache-Control": "no-store"})


async def _messages(
    jobs: JobService, job_id: str, owner: str, after: int, *, with_words: bool
) -> AsyncIterator[ServerSentEvent]:
    async for event in jobs.events(job_id, owner, after):
        json = event.json if with_words else event.json_without_words
        yield ServerSentEvent(json, event=event.kind.value, id=str(event.id))


def _parse_event_id(last_event_id: str | None) -> int:
    """Return the id of the last event that the client has; 0 for an invalid one."""
    text = last_event_id or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_ID_CHARS else 0
