"""tus 1.0.0: checksum, deferred length and concatenation, clause by clause."""

import asyncio
import base64
import hashlib
import io

import httpx
import pytest
from tusclient.client import TusClient

from contracts.jobs import Job
from live_server import serving
from unit.backend.routes.test_uploads import (
    URL,
    VERSION,
    begin,
    encoded,
    kind_of,
    offset,
    patch,
)

pytestmark = pytest.mark.whole_app


def checksum(algorithm: str, content: bytes) -> str:
    digest = hashlib.new(algorithm, content).digest()
    return f"{algorithm} {base64.b64encode(digest).decode()}"


async def concatenated(client: httpx.AsyncClient, *urls: str, **headers: str) -> httpx.Response:
    sent = {**VERSION, "Upload-Concat": f"final;{' '.join(urls)}", **headers}
    return await client.post(URL, headers={k.replace("_", "-"): v for k, v in sent.items()})


async def part(client: httpx.AsyncClient, content: bytes, n_sent: int | None = None) -> str:
    url = (await begin(client, len(content), Upload_Concat="partial")).headers["location"]
    await patch(client, url, 0, content[:n_sent])
    return url


async def transcription(client: httpx.AsyncClient, url: str) -> httpx.Response:
    return await client.post("/v1/transcriptions", json={"upload_id": url.removeprefix(URL)})


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "md5"])
async def test_bytes_with_their_checksum_are_kept_and_others_discarded(client, algorithm) -> None:
    """Otherwise a recording damaged on its way is transcribed as if it were whole."""
    url = (await begin(client, 6)).headers["location"]
    good, bad = checksum(algorithm, b"abc"), checksum(algorithm, b"xyz")
    assert (await patch(client, url, 0, b"abc", Upload_Checksum=good)).status_code == 204
    answer = await patch(client, url, 3, b"abc", Upload_Checksum=bad)
    assert kind_of(answer) == (460, "checksum-mismatch")
    assert await offset(client, url) == 3
    assert (await patch(client, url, 3, b"abc", Upload_Checksum=good)).status_code == 204


@pytest.mark.parametrize("value", ["crc32 AAAA", "sha1 !!!", "sha1", "", "SHA1 AAAA"])
async def test_unknown_checksum_is_a_bad_request(client, value) -> None:
    url = (await begin(client, 6)).headers["location"]
    answer = await patch(client, url, 0, b"abc", Upload_Checksum=value)
    if value == "sha1":  # an empty digest is none of any bytes
        assert kind_of(answer) == (460, "checksum-mismatch")
    else:
        assert kind_of(answer) == (400, "bad-request")
    assert await offset(client, url) == 0


async def test_first_bytes_with_a_wrong_checksum_create_no_upload(client, files_left) -> None:
    answer = await client.post(
        URL,
        content=b"abc",
        headers={
            **VERSION,
            "Upload-Length": "6",
            "Content-Type": "application/offset+octet-stream",
            "Upload-Checksum": checksum("sha1", b"xyz"),
        },
    )
    assert kind_of(answer) == (460, "checksum-mismatch")
    assert files_left() == []


async def test_length_may_be_announced_with_a_later_piece(client, silence) -> None:
    """Otherwise a client that records while it sends cannot use resumable uploads."""
    answer = await client.post(URL, headers={**VERSION, "Upload-Defer-Length": "1"})
    assert answer.status_code == 201
    url = answer.headers["location"]
    assert (await patch(client, url, 0, silence[:9])).status_code == 204
    head = await client.head(url, headers=VERSION)
    assert head.headers["upload-defer-length"] == "1"
    assert "upload-length" not in head.headers
    too_early = await transcription(client, url)
    assert (too_early.status_code, too_early.json()["type"]) == (409, "/problems/wrong-state")
    length = str(len(silence))
    answer = await patch(client, url, 9, silence[9:], Upload_Length=length)
    assert answer.status_code == 204
    head = await client.head(url, headers=VERSION)
    assert (head.headers["upload-length"], head.headers["upload-offset"]) == (length, length)
    assert "upload-defer-length" not in head.headers
    job = Job.model_validate((await transcription(client, url)).json())
    assert job.file.sha256 == hashlib.sha256(silence).hexdigest()


async def test_announced_length_is_final_and_within_the_limit(client) -> None:
    url = (await client.post(URL, headers={**VERSION, "Upload-Defer-Length": "1"})).headers[
        "location"
    ]
    answer = await patch(client, url, 0, b"", Upload_Length="200001")
    assert kind_of(answer) == (413, "too-large")
    assert kind_of(await patch(client, url, 0, b"x" * 200_001)) == (413, "too-large")
    await patch(client, url, 0, b"", Upload_Length="6")
    assert kind_of(await patch(client, url, 0, b"a", Upload_Length="7")) == (400, "bad-request")
    assert (await patch(client, url, 0, b"abc", Upload_Length="6")).status_code == 204
    assert kind_of(await patch(client, url, 3, b"abcd")) == (413, "too-large")


@pytest.mark.parametrize(
    "headers",
    [{"Upload-Defer-Length": "0"}, {"Upload-Defer-Length": "1", "Upload-Length": "5"}, {}],
)
async def test_length_is_either_announced_or_deferred(client, headers) -> None:
    assert kind_of(await client.post(URL, headers={**VERSION, **headers})) == (400, "bad-request")


async def test_parts_become_one_recording(client, silence, files_left) -> None:
    first, second = await part(client, silence[:20_000]), await part(client, silence[20_000:])
    head = await client.head(first, headers=VERSION)
    assert head.headers["upload-concat"] == "partial"
    # addresses may be absolute, or relative to the proxy that the client knows
    urls = f"http://backend{first}", f"/backend{second}"
    metadata = f"filename {encoded('Тихо.wav')}"
    answer = await concatenated(client, *urls, Upload_Metadata=metadata)
    assert answer.status_code == 201, answer.text
    url = answer.headers["location"]
    head = await client.head(url, headers=VERSION)
    assert head.headers["upload-length"] == head.headers["upload-offset"] == str(len(silence))
    assert head.headers["upload-concat"] == f"final;{' '.join(urls)}"
    answer = await transcription(client, url)
    assert answer.status_code == 202, answer.text
    job = Job.model_validate(answer.json())
    assert (job.file.name, job.file.sha256) == ("Тихо.wav", hashlib.sha256(silence).hexdigest())
    assert [path for path in files_left() if path.parent.name == "uploads"] == []


async def test_a_part_is_never_a_whole_recording(client, silence) -> None:
    """Otherwise the first quarter of a file is transcribed as the whole."""
    url = await part(client, silence)
    answers = [await transcription(client, url), await client.get(f"{url}/recording")]
    for answer in answers:
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-state")
    assert "part" in answers[0].json()["detail"]
    assert await offset(client, url) == len(silence)


async def test_final_upload_cannot_be_appended_to(client) -> None:
    url = (await concatenated(client, await part(client, b"abc"))).headers["location"]
    assert kind_of(await patch(client, url, 3, b"d")) == (403, "forbidden")


async def test_only_finished_parts_are_concatenated(client, files_left) -> None:
    unfinished = await part(client, b"abcdef", 3)
    whole = (await begin(client, 3)).headers["location"]
    await patch(client, whole, 0, b"abc")
    n_files = len(files_left())
    for urls, expected in (
        ([unfinished], (409, "wrong-state")),
        ([whole], (400, "bad-request")),
        ([URL + "0" * 32], (404, "not-found")),
        (["http://backend/../../etc/passwd"], (404, "not-found")),
        ([], (400, "bad-request")),
    ):
        assert kind_of(await concatenated(client, *urls)) == expected
    answer = await begin(client, 3, Upload_Concat="whole")
    assert kind_of(answer) == (400, "bad-request")
    assert len(files_left()) == n_files


async def test_concatenated_parts_are_within_the_limit(client, files_left) -> None:
    """Otherwise two parts make a file above the limit."""
    urls = [await part(client, b"x" * 150_000) for _ in range(2)]
    n_files = len(files_left())
    assert kind_of(await concatenated(client, *urls)) == (413, "too-large")
    assert len(files_left()) == n_files


async def test_tuspy_sends_checksums(app, silence) -> None:
    async with serving(app) as url:

        def send() -> str:
            uploader = TusClient(f"{url}{URL}").uploader(
                file_stream=io.BytesIO(silence), chunk_size=7000, upload_checksum=True
            )
            uploader.upload()
            return uploader.url

        upload_id = (await asyncio.to_thread(send)).rpartition("/")[2]
        async with httpx.AsyncClient(base_url=url) as client:
            answer = await client.post("/v1/transcriptions", json={"upload_id": upload_id})
    job = Job.model_validate(answer.json())
    assert job.file.sha256 == hashlib.sha256(silence).hexdigest()
