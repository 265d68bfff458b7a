"""If these fail, the event stream of a job misses or repeats something."""

import asyncio
import json

import httpx
import pytest

from backend.routes import events as events_route
from contracts.jobs import Job
from integration.jobs.backend_client import (
    ONE_CHUNK,
    URL,
    ended,
    send,
    until,
)

pytestmark = pytest.mark.slow


async def events_of(client: httpx.AsyncClient, job: Job, **headers: str) -> list[tuple[str, ...]]:
    """Return (event, id, data) for each event."""
    found: list[tuple[str, ...]] = []
    fields: dict[str, str] = {}
    async with client.stream("GET", f"{URL}/{job.id}/events", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            if not line and fields:
                found.append((fields["event"], fields["id"], fields["data"]))
                fields = {}
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
    return found


async def test_events_report_each_segment_once_and_the_end_last(client, llm, speech) -> None:
    llm.delay_s = 0.3
    job = await send(client, speech)
    events = await events_of(client, job)
    job = await ended(client, job)
    assert job.result
    sent = [(id_, json.loads(data)) for kind, id_, data in events if kind == "segment"]
    assert [data["index"] for _, data in sent] == [one.index for one in job.result.segments]
    assert [kind for kind, *_ in events if kind not in ("progress", "segment")] == ["completed"]
    assert events[-1][0] == "completed"
    assert sum(kind == "progress" for kind, *_ in events) >= 2

    resumed = await events_of(client, job, **{"Last-Event-ID": sent[1][0]})
    assert [id_ for kind, id_, _ in resumed if kind == "segment"] == [id_ for id_, _ in sent[2:]]
    assert resumed[-1][0] == "completed"


async def test_events_of_a_cancelled_job_end_and_an_unknown_job_is_not_found(
    client, llm, short_speech
) -> None:
    llm.delay_s = 60.0
    job = await send(client, short_speech, **ONE_CHUNK)
    await until(lambda: llm.begun.total() == 1)
    following = asyncio.create_task(events_of(client, job))
    await asyncio.sleep(0.2)
    await client.post(f"{URL}/{job.id}/cancel")
    assert (await following)[-1][0] == "cancelled"
    assert (await client.get(f"{URL}/unknown/events")).status_code == 404


async def test_event_streams_leave_connections_for_other_calls(
    client, llm, short_speech, monkeypatch
) -> None:
    """Otherwise forgotten pages take every connection, and no one can even cancel a job."""
    monkeypatch.setattr(events_route, "MAX_STREAMS", 1)
    llm.delay_s = 60.0
    job = await send(client, short_speech, **ONE_CHUNK)
    url = f"{URL}/{job.id}/events"
    async with client.stream("GET", url) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        refused = await client.get(url)
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
        assert refused.headers["retry-after"] == "30"
        assert (await client.get(f"{URL}/{job.id}")).is_success
    await client.delete(f"{URL}/{job.id}")
