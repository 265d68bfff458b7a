"""Jobs as a client sees them: cancelled, deleted, sent twice, followed, played."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from audio_files import write_encoded, write_wav
from backend.app import create_app
from backend.jobs import housekeeping
from backend.settings import BackendSettings
from contracts.jobs import Job, JobStatus, Stage
from integration.instant_llm import StandInLlm, instant_llm
from live_server import serving
from real_services import free_port
from speech_corpus import concatenated, russian_sentences

pytestmark = pytest.mark.slow

URL = "/v1/transcriptions"
OPTIONS = {"chunk_length_s": "5"}
ONE_CHUNK = {"chunk_length_s": "30"}
PATIENCE_S = 120


@pytest.fixture(scope="module")
def speech() -> bytes:
    """Half a minute: some chunks."""
    return concatenated(russian_sentences(6), pause_s=0.5).read_bytes()


@pytest.fixture(scope="module")
def short_speech() -> bytes:
    """One chunk."""
    return concatenated(russian_sentences(1), pause_s=0.5).read_bytes()


@pytest.fixture
def llm() -> Iterator[StandInLlm]:
    with instant_llm(free_port()) as llm:
        yield llm


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def mended_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "MEND_S", 0.5)


@asynccontextmanager
async def running_backend(
    llm: StandInLlm, data: Path, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        BackendSettings(
            _env_file=None,
            data_dir=data,
            llm_url=f"http://127.0.0.1:{llm.port}",
            min_free_disk_bytes=0,
            **settings,
        )
    )
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as client:
        yield client


@pytest.fixture
async def client(llm: StandInLlm, data: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with running_backend(llm, data) as client:
        yield client


async def send(client: httpx.AsyncClient, content: bytes, **options: str) -> Job:
    form = OPTIONS | options
    answer = await client.post(URL, files={"file": ("Запись.wav", content)}, data=form)
    assert answer.status_code == 202, answer.text
    return Job.model_validate_json(answer.content)


async def read(client: httpx.AsyncClient, job: Job) -> Job:
    return Job.model_validate_json((await client.get(f"{URL}/{job.id}")).content)


async def until(is_so) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not (await found if asyncio.iscoroutine(found := is_so()) else found):
            await asyncio.sleep(0.05)


async def ended(client: httpx.AsyncClient, job: Job) -> Job:
    async with asyncio.timeout(PATIENCE_S):
        while not (job := await read(client, job)).status.is_final:
            await asyncio.sleep(0.05)
    return job


def left_in_work(data: Path) -> list[Path]:
    return list((data / "work").iterdir())


def blobs(data: Path) -> list[Path]:
    return list((data / "blobs").glob("*/*"))


# ── cancel ──────────────────────────────────────────────────────────────────────────────


async def test_what_was_recognised_before_a_cancel_stays(llm, data, speech) -> None:
    llm.delay_s = 0.5
    async with running_backend(llm, data, llm_concurrency=1) as client:
        job = await send(client, speech)

        async def has_text() -> bool:
            result = (await read(client, job)).result
            return bool(result and result.segments)

        await until(has_text)
        llm.delay_s = 60.0
        answer = await client.post(f"{URL}/{job.id}/cancel")
        assert answer.status_code == 202
        cancelled = Job.model_validate_json(answer.content)
        assert cancelled.status is JobStatus.CANCELLED
        assert cancelled.result
        assert cancelled.result.segments
        assert (await client.post(f"{URL}/{job.id}/cancel")).status_code == 409
        await until(lambda: left_in_work(data) == [])
        assert (await read(client, job)).result == cancelled.result


async def test_the_request_under_way_is_dropped_when_a_job_is_cancelled(
    client, llm, data, short_speech
) -> None:
    """In the last chunk, too: this recording has no other."""
    llm.delay_s = 60.0
    job = await send(client, short_speech, **ONE_CHUNK)
    await until(lambda: llm.begun.total() == 1)
    started = time.monotonic()
    assert (await client.post(f"{URL}/{job.id}/cancel")).status_code == 202
    await until(lambda: llm.n_dropped == 1)
    assert time.monotonic() - started < 3
    await until(lambda: left_in_work(data) == [])
    await asyncio.sleep(1)
    assert (await read(client, job)).status is JobStatus.CANCELLED
    assert llm.answered.total() == 0


async def test_a_job_cancelled_in_the_queue_never_reaches_the_llm(
    client, llm, speech, short_speech
) -> None:
    llm.delay_s = 2.0
    first = await send(client, speech)
    await until(lambda: llm.begun.total() >= 1)
    second = await send(client, short_speech, **ONE_CHUNK)
    assert second.status is JobStatus.QUEUED
    assert (await client.post(f"{URL}/{second.id}/cancel")).status_code == 202
    n_chunks = (await ended(client, first)).progress.chunks_total
    await asyncio.sleep(1.5)
    assert llm.begun.total() == n_chunks
    assert (await read(client, second)).status is JobStatus.CANCELLED


async def test_a_job_can_be_cancelled_while_it_is_decoded(client, llm, data, tmp_path) -> None:
    quiet_hour = write_wav(tmp_path / "long.wav", [np.zeros(3600 * 8000, np.float32)], 8000)
    job = await send(client, quiet_hour.read_bytes())

    async def is_decoding() -> bool:
        return (await read(client, job)).progress.stage is Stage.DECODING

    await until(is_decoding)
    assert (await client.post(f"{URL}/{job.id}/cancel")).status_code == 202
    await until(lambda: left_in_work(data) == [])
    assert (await read(client, job)).progress.stage is Stage.DECODING


# ── delete ──────────────────────────────────────────────────────────────────────────────


async def test_nothing_is_left_of_a_deleted_job(client, llm, data, speech) -> None:
    job = await ended(client, await send(client, speech))
    assert job.result
    words = job.result.segments[0].text.split()[1].encode()
    assert words in everything_in(data), "the test would show nothing"
    await read(client, job)  # into the cache
    assert (await client.delete(f"{URL}/{job.id}")).status_code == 204
    assert (await client.get(f"{URL}/{job.id}")).status_code == 404
    assert (await client.delete(f"{URL}/{job.id}")).status_code == 404
    assert (await client.get(f"{URL}/{job.id}/audio")).status_code == 404
    assert blobs(data) == []
    assert words not in everything_in(data)
    again = await send(client, speech)
    assert not again.cached


def everything_in(data: Path) -> bytes:
    return b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())


async def test_a_running_job_can_be_deleted(client, llm, data, short_speech) -> None:
    llm.delay_s = 60.0
    job = await send(client, short_speech, **ONE_CHUNK)
    await until(lambda: llm.begun.total() == 1)
    assert (await client.delete(f"{URL}/{job.id}")).status_code == 204
    await until(lambda: llm.n_dropped == 1)
    await until(lambda: left_in_work(data) == [])
    assert blobs(data) == []
    llm.delay_s = 0.0
    after = await ended(client, await send(client, short_speech, **ONE_CHUNK))
    assert after.status is JobStatus.COMPLETED, "the queue goes on"


async def test_cancel_and_delete_at_once_end_in_nothing(client, llm, data, short_speech) -> None:
    llm.delay_s = 60.0
    for _ in range(5):
        job = await send(client, short_speech, **ONE_CHUNK)
        cancelled, deleted = await asyncio.gather(
            client.post(f"{URL}/{job.id}/cancel"), client.delete(f"{URL}/{job.id}")
        )
        assert cancelled.status_code in (202, 404)
        assert deleted.status_code == 204
        assert (await client.get(f"{URL}/{job.id}")).status_code == 404
    await until(lambda: left_in_work(data) == [])
    assert blobs(data) == []


# ── the same again ──────────────────────────────────────────────────────────────────────


async def test_the_same_recording_is_answered_at_once(client, llm, data, speech, tmp_path) -> None:
    first = await ended(client, await send(client, speech))
    n_chunks = llm.begun.total()
    again = await send(client, speech)
    assert (again.status, again.cached) == (JobStatus.COMPLETED, True)
    assert again.result == first.result
    assert again.model == first.model

    wav = np.frombuffer(speech[44:], "<i2").astype(np.float32) / 32_768
    flac = write_encoded(tmp_path / "same.flac", wav, "flac")
    in_a_box = await ended(client, await send(client, flac.read_bytes()))
    assert in_a_box.cached, "the same samples in another container"
    assert llm.begun.total() == n_chunks


async def test_other_options_or_force_are_new_work(client, llm, speech) -> None:
    await ended(client, await send(client, speech))
    n_chunks = llm.begun.total()
    other = await ended(client, await send(client, speech, beam_size="2"))
    assert (other.cached, llm.begun.total()) == (False, 2 * n_chunks)
    forced = await ended(client, await send(client, speech, force="true"))
    assert (forced.cached, llm.begun.total()) == (False, 3 * n_chunks)
    unforced = await send(client, speech)
    assert (unforced.cached, llm.begun.total()) == (True, 3 * n_chunks)


async def test_another_model_is_new_work(client, llm, speech) -> None:
    await ended(client, await send(client, speech))
    llm.model = llm.model.model_copy(update={"revision": "2"})
    again = await ended(client, await send(client, speech))
    assert not again.cached
    assert again.model == llm.model


async def test_two_identical_recordings_at_once_are_transcribed_once(llm, data, speech) -> None:
    llm.delay_s = 0.3
    async with running_backend(llm, data, max_running_jobs=3) as client:
        jobs = await asyncio.gather(*(send(client, speech) for _ in range(3)))
        jobs = await asyncio.gather(*(ended(client, job) for job in jobs))
    assert {job.status for job in jobs} == {JobStatus.COMPLETED}
    assert {job.result.text for job in jobs if job.result} == {jobs[0].result.text}
    assert sorted(job.cached for job in jobs) == [False, True, True]
    assert set(llm.begun.values()) == {1}


async def test_who_joined_a_job_that_is_given_up_gets_its_text_all_the_same(
    client, llm, speech
) -> None:
    await ended(client, await send(client, speech, beam_size="2"))  # the sound is known now
    llm.delay_s = 0.5
    first = await send(client, speech)
    await until(lambda: max(llm.begun.values()) >= 1)
    second = await send(client, speech)
    assert not second.status.is_final
    await client.post(f"{URL}/{first.id}/cancel")
    third = await send(client, speech)
    await client.delete(f"{URL}/{first.id}")
    for job in (await ended(client, second), await ended(client, third)):
        assert job.status is JobStatus.COMPLETED
        assert job.result
        assert job.progress.chunks_done == job.progress.chunks_total


async def test_a_short_recording_does_not_wait_for_a_long_one(
    client, llm, speech, short_speech, tmp_path
) -> None:
    samples = np.frombuffer(speech[44:], "<i2").astype(np.float32) / 32_768
    long = write_wav(tmp_path / "long.wav", [np.tile(samples, 1 + 601 * 16_000 // samples.size)])
    llm.delay_s = 0.5
    long_job = await send(client, long.read_bytes())
    await until(lambda: llm.begun.total() >= 1)
    short = await ended(client, await send(client, short_speech, **ONE_CHUNK))
    assert short.status is JobStatus.COMPLETED
    assert (await read(client, long_job)).status is JobStatus.RUNNING


async def test_a_stopped_backend_goes_on_where_it_was(llm, data, speech) -> None:
    llm.delay_s = 0.5
    async with running_backend(llm, data, llm_concurrency=1) as client:
        job = await send(client, speech)
        await until(lambda: llm.answered.total() >= 2)
    async with running_backend(llm, data, llm_concurrency=1) as client:
        job = await ended(client, job)
    assert job.status is JobStatus.COMPLETED
    assert set(llm.answered.values()) == {1}
    assert left_in_work(data) == []


# ── events ──────────────────────────────────────────────────────────────────────────────


async def events_of(client: httpx.AsyncClient, job: Job, **headers: str) -> list[tuple[str, ...]]:
    """Return (event, id, data) of each event."""
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


async def test_events_tell_each_segment_once_and_the_end_last(client, llm, speech) -> None:
    llm.delay_s = 0.3
    job = await send(client, speech)
    events = await events_of(client, job)
    job = await ended(client, job)
    assert job.result
    told = [(id_, json.loads(data)) for kind, id_, data in events if kind == "segment"]
    assert [data["index"] for _, data in told] == [one.index for one in job.result.segments]
    assert [kind for kind, *_ in events if kind not in ("progress", "segment")] == ["completed"]
    assert events[-1][0] == "completed"
    assert sum(kind == "progress" for kind, *_ in events) >= 2

    resumed = await events_of(client, job, **{"Last-Event-ID": told[1][0]})
    assert [id_ for kind, id_, _ in resumed if kind == "segment"] == [id_ for id_, _ in told[2:]]
    assert resumed[-1][0] == "completed"


async def test_events_of_a_cancelled_and_of_an_unknown_job(client, llm, short_speech) -> None:
    llm.delay_s = 60.0
    job = await send(client, short_speech, **ONE_CHUNK)
    await until(lambda: llm.begun.total() == 1)
    following = asyncio.create_task(events_of(client, job))
    await asyncio.sleep(0.2)
    await client.post(f"{URL}/{job.id}/cancel")
    assert (await following)[-1][0] == "cancelled"
    assert (await client.get(f"{URL}/unknown/events")).status_code == 404


# ── audio, history, corrections ─────────────────────────────────────────────────────────


async def test_a_recording_is_played_in_parts(client, llm, short_speech) -> None:
    job = await send(client, short_speech, **ONE_CHUNK)
    address = f"{URL}/{job.id}/audio"
    whole = await client.get(address)
    assert (whole.status_code, whole.content) == (200, short_speech)
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-disposition"].startswith("inline")
    part = await client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, short_speech[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(short_speech)}"
    last = await client.get(address, headers={"Range": "bytes=-5"})
    assert last.content == short_speech[-5:]
    same = {"Range": "bytes=0-4", "If-Range": whole.headers["etag"]}
    assert (await client.get(address, headers=same)).status_code == 206
    other = {"Range": "bytes=0-4", "If-Range": '"another"'}
    assert (await client.get(address, headers=other)).status_code == 200
    outside = await client.get(address, headers={"Range": f"bytes={len(short_speech)}-"})
    assert outside.status_code == 416
    assert outside.headers["content-range"] == f"bytes */{len(short_speech)}"
    assert outside.headers["content-type"] == "application/problem+json"


async def test_history_finds_corrections_and_the_cache_never_hides_them(
    client, llm, short_speech
) -> None:
    job = await ended(client, await send(client, short_speech, **ONE_CHUNK))
    await read(client, job)
    address = f"{URL}/{job.id}/segments/0"
    answer = await client.patch(address, json={"text": "Исправленные встречи"})
    assert answer.status_code == 200
    assert answer.json()["original_text"]
    corrected = await read(client, job)
    assert corrected.result
    assert corrected.result.segments[0].text == "Исправленные встречи"
    page = (await client.get(URL, params={"query": "встреча"})).json()
    assert [hit["id"] for hit in page["items"]] == [job.id]
    assert "встречи" in page["items"][0]["snippet"]
    assert (await client.get(URL, params={"query": "отсутствует"})).json()["items"] == []
    assert (await client.get(URL, params={"limit": 0})).status_code == 422
    assert (await client.get(URL, params={"cursor": "x"})).status_code == 400
    assert (await client.patch(f"{URL}/{job.id}/segments/99", json={"text": ""})).status_code == 404
    assert (await client.patch(address, json={"words": ""})).status_code == 422
    assert (await client.patch(address, content=b"{")).status_code == 400


# ── the queue's bound ───────────────────────────────────────────────────────────────────


async def test_a_full_queue_is_told_and_finished_jobs_make_room(
    llm, data, speech, short_speech
) -> None:
    llm.delay_s = 60.0
    async with running_backend(llm, data, max_queued_jobs=1) as client:
        running = await send(client, speech)
        await until(lambda: llm.begun.total() >= 1)
        waiting = await send(client, short_speech, **ONE_CHUNK)
        form = {"file": ("a.wav", short_speech)}
        refused = await client.post(URL, files=form)
        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/queue-full")
        assert int(refused.headers["retry-after"]) > 0
        await client.delete(f"{URL}/{waiting.id}")
        assert (await client.post(URL, files=form)).status_code == 202
        await client.delete(f"{URL}/{running.id}")
