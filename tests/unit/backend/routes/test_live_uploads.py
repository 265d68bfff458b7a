"""Uploads over real connections: what happens when they break, stall or are far too large."""

import asyncio
import hashlib
import io
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

import httpx
import pytest
from tusclient.client import TusClient

from backend.routes import request_body
from backend.storage import work_folder
from contracts.jobs import Job
from live_server import serving

pytestmark = pytest.mark.whole_app

GIB = 2**30


@pytest.fixture
async def url(app) -> AsyncIterator[str]:
    async with serving(app) as url:
        yield url


@asynccontextmanager
async def connection(url: str):
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def head(method: str, path: str, n_bytes: int, **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: backend", f"Content-Length: {n_bytes}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def form_head(n_bytes: int, **headers: str) -> bytes:
    form = {"Content_Type": "multipart/form-data; boundary=B", **headers}
    return head("POST", "/v1/transcriptions", n_bytes, **form)


FILE_BEGINS = b'--B\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'


def patch_head(path: str, offset: int, n_bytes: int) -> bytes:
    return head(
        "PATCH",
        path,
        n_bytes,
        Tus_Resumable="1.0.0",
        Content_Type="application/offset+octet-stream",
        Upload_Offset=str(offset),
    )


async def begin(url: str, length: int) -> str:
    async with httpx.AsyncClient(base_url=url) as client:
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(length)}
        return (await client.post("/v1/uploads/", headers=headers)).headers["location"]


async def offset(url: str, path: str) -> int:
    async with httpx.AsyncClient(base_url=url) as client:
        answer = await client.head(path, headers={"Tus-Resumable": "1.0.0"})
        return int(answer.headers["upload-offset"])


async def until(is_so, timeout_s: float = 10) -> None:
    async with asyncio.timeout(timeout_s):
        while not is_so():
            await asyncio.sleep(0.02)


async def test_a_body_announced_too_large_is_refused_after_a_few_bytes(url, files_left) -> None:
    async with connection(url) as (reader, writer), asyncio.timeout(5):
        writer.write(form_head(GIB) + FILE_BEGINS + b"x" * 100)
        assert b" 413 " in await reader.readline()
        assert b"connection: close" in (await reader.read()).lower(), "the rest would be read"
    assert files_left() == []


async def test_a_client_that_asks_first_is_refused_before_it_sends(url) -> None:
    async with connection(url) as (reader, writer), asyncio.timeout(5):
        writer.write(form_head(GIB, Expect="100-continue"))
        assert b" 413 " in await reader.readline()


async def test_a_body_of_no_announced_size_is_cut_at_the_limit(url, files_left) -> None:
    n_sent = 0

    async def send_without_end(writer: asyncio.StreamWriter) -> None:
        nonlocal n_sent
        form = b"POST /v1/transcriptions HTTP/1.1\r\nHost: backend\r\n"
        form += b"Content-Type: multipart/form-data; boundary=B\r\n"
        writer.write(form + b"Transfer-Encoding: chunked\r\n\r\n")
        for piece in itertools.chain([FILE_BEGINS], itertools.repeat(b"x" * 65_536)):
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
            n_sent += len(piece)

    async with connection(url) as (reader, writer), asyncio.timeout(10):
        sending = asyncio.create_task(send_without_end(writer))
        assert b" 413 " in await reader.readline()
        assert n_sent < 20_000_000
        await asyncio.wait([sending])
        assert isinstance(sending.exception(), ConnectionError), "it would have read for ever"
    assert files_left() == []


async def test_a_client_that_sends_all_before_it_reads_gets_its_answer(url, silence) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        form = {"file": ("a.wav", b"x" * 20_000_000)}
        answer = await client.post("/v1/transcriptions", files=form)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
        answer = await client.post("/v1/transcriptions", files={"file": ("a.wav", silence)})
        assert answer.status_code == 202


async def test_a_hang_up_in_the_middle_of_a_form_leaves_no_file(
    url, files_left, monkeypatch
) -> None:
    monkeypatch.setattr(work_folder, "WRITE_BYTES", 16_384)
    async with connection(url) as (_, writer):
        writer.write(form_head(100_000) + FILE_BEGINS + b"x" * 50_000)
        await until(lambda: any(path.stat().st_size > 20_000 for path in files_left()))
    await until(lambda: files_left() == [])


async def test_a_silent_client_is_given_up(url, files_left, monkeypatch) -> None:
    monkeypatch.setattr(request_body, "RATE_WINDOW_S", 0.3)
    async with connection(url) as (reader, writer), asyncio.timeout(5):
        writer.write(form_head(100_000) + FILE_BEGINS + b"x" * 100)
        assert b" 408 " in await reader.readline()
        assert b"/problems/too-slow" in await reader.read()
    assert files_left() == []


async def test_a_fast_client_that_falls_silent_is_given_up(url, monkeypatch) -> None:
    """Otherwise a burst at the beginning buys a connection for ever."""
    monkeypatch.setattr(request_body, "RATE_WINDOW_S", 0.3)
    async with connection(url) as (reader, writer), asyncio.timeout(5):
        writer.write(form_head(150_000) + FILE_BEGINS + b"x" * 100_000)
        assert b" 408 " in await reader.readline()


async def test_slow_uploads_take_no_places_and_end_but_can_be_resumed(
    url, silence, monkeypatch
) -> None:
    """Otherwise a hundred clients that send a byte now and then shut everyone out."""
    monkeypatch.setattr(request_body, "RATE_WINDOW_S", 1.5)
    path = await begin(url, len(silence))

    async def trickle(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.1)

    async with AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(connection(url)) for _ in range(120)]
        for _, writer in slow:
            writer.write(form_head(100_000) + FILE_BEGINS)
        reader, writer = await stack.enter_async_context(connection(url))
        writer.write(patch_head(path, 0, len(silence)) + silence[:50])
        slow.append((reader, writer))
        trickles = [asyncio.create_task(trickle(writer)) for _, writer in slow]
        async with httpx.AsyncClient(base_url=url, timeout=20) as client:
            sent = await client.post("/v1/transcriptions", files={"file": ("a.wav", silence)})
            assert sent.status_code == 202, sent.text
            async with asyncio.timeout(20):
                lines = [await reader.readline() for reader, _ in slow]
            assert all(b" 408 " in line for line in lines)
            for task in trickles:
                task.cancel()
            await asyncio.wait(trickles)
            n_kept = await offset(url, path)
            assert 50 <= n_kept < 1000
            headers = {
                "Tus-Resumable": "1.0.0",
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": str(n_kept),
            }
            rest = await client.patch(path, content=silence[n_kept:], headers=headers)
            assert rest.status_code == 204, rest.text


async def test_each_owner_sends_a_limited_number_at_once(app, url) -> None:
    limit = app.state.services.receiving_limit
    app.state.services.receiving_limit._most = 2
    path = await begin(url, 1000)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            _, writer = await stack.enter_async_context(connection(url))
            writer.write(form_head(100_000) + FILE_BEGINS)
        await until(lambda: limit._active["local"] == 2)
        for sent in (form_head(100_000) + FILE_BEGINS, patch_head(path, 0, 10) + b"x"):
            reader, writer = await stack.enter_async_context(connection(url))
            async with asyncio.timeout(5):
                writer.write(sent)
                assert b" 429 " in await reader.readline()
                assert b"/problems/too-many-requests" in await reader.read()
        with limit.one("another owner"):
            pass
    await until(lambda: not limit._active)


async def test_what_arrived_before_a_cut_is_kept_and_the_upload_goes_on(url, silence) -> None:
    path = await begin(url, len(silence))
    async with connection(url) as (_, writer):
        writer.write(patch_head(path, 0, len(silence)) + silence[:20_000])
        while await offset(url, path) < 20_000:
            await asyncio.sleep(0.02)
    async with httpx.AsyncClient(base_url=url) as client:
        upload = {"upload_id": path.rsplit("/", 1)[1]}
        headers = {
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": "20000",
        }
        # the server may need a moment to notice that the first client is gone
        async with asyncio.timeout(5):
            while (await client.patch(path, content=silence[20_000:], headers=headers)).is_error:
                await asyncio.sleep(0.05)
        answer = await client.post("/v1/transcriptions", json=upload)
    job = Job.model_validate(answer.json())
    assert job.file.sha256 == hashlib.sha256(silence).hexdigest()


async def test_of_two_clients_at_once_one_is_refused_at_once(url) -> None:
    path = await begin(url, 1000)
    async with connection(url) as (_, writer), connection(url) as (reader, second):
        writer.write(patch_head(path, 0, 1000) + b"a" * 500)
        while await offset(url, path) < 500:
            await asyncio.sleep(0.02)
        async with asyncio.timeout(5):
            second.write(patch_head(path, 500, 500) + b"b" * 500)
            assert b" 409 " in await reader.readline()
        assert await offset(url, path) == 500


async def test_a_client_that_others_wrote_uploads_stops_and_resumes(url, silence) -> None:
    def upload(stop_at: int, **options: str) -> str:
        uploader = TusClient(f"{url}/v1/uploads/").uploader(
            file_stream=io.BytesIO(silence), chunk_size=7000, **options
        )
        uploader.upload(stop_at)
        return uploader.url

    begun = partial(upload, 10_000, metadata={"filename": "Тихо.wav"})
    upload_url = await asyncio.to_thread(begun)
    assert await offset(url, urlsplit(upload_url).path) == 10_000
    await asyncio.to_thread(partial(upload, len(silence), url=upload_url))
    async with httpx.AsyncClient(base_url=url) as http:
        claim = {"upload_id": upload_url.rsplit("/", 1)[1]}
        job = Job.model_validate((await http.post("/v1/transcriptions", json=claim)).json())
    assert job.file.name == "Тихо.wav"
    assert job.file.sha256 == hashlib.sha256(silence).hexdigest()
