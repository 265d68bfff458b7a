"""tus 1.0.0, clause by clause."""

import base64

import httpx
import pytest

from contracts.jobs import Job

pytestmark = pytest.mark.whole_app

URL = "/v1/uploads/"
VERSION = {"Tus-Resumable": "1.0.0"}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def begin(client: httpx.AsyncClient, length: int, **headers: str) -> httpx.Response:
    sent = {**VERSION, "Upload-Length": str(length), **headers}
    return await client.post(URL, headers={k.replace("_", "-"): v for k, v in sent.items()})


async def patch(client: httpx.AsyncClient, url: str, offset: int, content: bytes, **headers: str):
    sent = {
        **VERSION,
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": str(offset),
    }
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.patch(url, content=content, headers=sent)


async def offset(client: httpx.AsyncClient, url: str) -> int:
    return int((await client.head(url, headers=VERSION)).headers["upload-offset"])


def kind_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["tus-resumable"] == "1.0.0", "tus asks for it in every answer"
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_the_server_tells_what_it_understands(client) -> None:
    answer = await client.options(URL)
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-max-size"] == "200000"
    extensions = answer.headers["tus-extension"].split(",")
    assert set(extensions) == {
        "creation", "creation-defer-length", "creation-with-upload", "termination", "expiration",
        "checksum", "concatenation",
    }  # fmt: skip
    assert answer.headers["tus-checksum-algorithm"].split(",") == [
        "sha1",
        "sha256",
        "sha512",
        "md5",
    ]


async def test_an_upload_becomes_a_job(client, silence, files_left) -> None:
    metadata = f"filename {encoded('Тихо.wav')},is_test"
    answer = await begin(client, len(silence), Upload_Metadata=metadata)
    url = answer.headers["location"]
    assert answer.status_code == 201
    assert url.startswith(URL)
    head = await client.head(url, headers=VERSION)
    assert head.headers["upload-length"] == str(len(silence))
    assert head.headers["upload-metadata"] == metadata
    assert head.headers["cache-control"] == "no-store"
    assert head.headers["upload-expires"].endswith("GMT")
    answer = await patch(client, url, 0, silence[:5])
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "5")
    upload_id = url.removeprefix(URL)
    too_early = await client.post("/v1/transcriptions", json={"upload_id": upload_id})
    assert too_early.status_code == 409
    assert "5 of" in too_early.json()["detail"]
    await patch(client, url, 5, silence[5:])
    answer = await client.post("/v1/transcriptions", json={"upload_id": upload_id, "beam_size": 2})
    assert answer.status_code == 202
    job = Job.model_validate(answer.json())
    assert (job.file.name, job.file.size_bytes) == ("Тихо.wav", len(silence))
    assert job.options.beam_size == 2
    assert (await client.head(url, headers=VERSION)).status_code == 404


async def test_a_bad_option_does_not_cost_the_upload(client, silence) -> None:
    url = (await begin(client, len(silence))).headers["location"]
    await patch(client, url, 0, silence)
    body = {"upload_id": url.removeprefix(URL), "beam_size": 99}
    assert (await client.post("/v1/transcriptions", json=body)).status_code == 422
    assert await offset(client, url) == len(silence)


async def test_the_first_bytes_may_come_with_the_announcement(client) -> None:
    headers = {**VERSION, "Upload-Length": "6", "Content-Type": "application/offset+octet-stream"}
    answer = await client.post(URL, content=b"abc", headers=headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "3")
    assert await offset(client, answer.headers["location"]) == 3


async def test_an_upload_can_be_given_up(client, files_left) -> None:
    url = (await begin(client, 6)).headers["location"]
    assert len(files_left()) == 2
    assert (await client.delete(url, headers=VERSION)).status_code == 204
    assert files_left() == []
    assert kind_of(await client.delete(url, headers=VERSION)) == (404, "not-found")


@pytest.mark.parametrize("version", [None, "0.2.2"])
async def test_another_version_is_refused_before_anything_is_done(client, version) -> None:
    url = (await begin(client, 6)).headers["location"]
    headers = {"Tus-Resumable": version} if version else {}
    for answer in (
        await client.post(URL, headers={**headers, "Upload-Length": "6"}),
        await client.patch(url, content=b"abc", headers=headers),
        await client.delete(url, headers=headers),
    ):
        assert kind_of(answer) == (412, "unsupported-tus-version")
        assert answer.headers["tus-version"] == "1.0.0"
    assert (await client.head(url, headers=headers)).status_code == 412
    assert await offset(client, url) == 0


async def test_another_offset_is_refused(client) -> None:
    url = (await begin(client, 6)).headers["location"]
    assert kind_of(await patch(client, url, 3, b"abc")) == (409, "upload-offset-mismatch")
    assert await offset(client, url) == 0


async def test_another_content_type_is_refused(client) -> None:
    url = (await begin(client, 6)).headers["location"]
    answer = await patch(client, url, 0, b"abc", Content_Type="application/octet-stream")
    assert kind_of(answer) == (415, "unsupported-media")


async def test_more_than_announced_is_refused(client) -> None:
    url = (await begin(client, 6)).headers["location"]
    assert kind_of(await patch(client, url, 0, b"abcdefg")) == (413, "too-large")
    assert await offset(client, url) == 0


async def test_more_than_the_limit_is_refused_when_announced(client, files_left) -> None:
    assert kind_of(await begin(client, 200_001)) == (413, "too-large")
    assert files_left() == []


@pytest.mark.parametrize("length", ["", "-1", "1.5", "٣", "9" * 30, "0x10"])
async def test_a_length_that_is_no_number_is_a_bad_request(client, length, files_left) -> None:
    headers = [(b"Tus-Resumable", b"1.0.0"), (b"Upload-Length", length.encode())]
    assert kind_of(await client.post(URL, headers=headers)) == (400, "bad-request")
    url = (await begin(client, 6)).headers["location"]
    answer = await patch(client, url, 0, b"abc", Upload_Offset=length if length.isascii() else "x")
    assert kind_of(answer) == (400, "bad-request")


@pytest.mark.parametrize(
    "metadata",
    [
        "filename !!!",
        f"filename {encoded('a')},filename {encoded('b')}",
        ",",
        f"filename  {encoded('a')}",
        "filename " + base64.b64encode(b"\xff\xfe").decode(),
        "имя 0LA=".encode().decode("latin-1"),
    ],
)
async def test_metadata_that_breaks_the_rules_is_a_bad_request(client, metadata) -> None:
    headers = [
        (b"Tus-Resumable", b"1.0.0"),
        (b"Upload-Length", b"6"),
        (b"Upload-Metadata", metadata.encode("latin-1")),
    ]
    assert kind_of(await client.post(URL, headers=headers)) == (400, "bad-request")


async def test_a_client_without_patch_may_name_it_in_a_header(client) -> None:
    url = (await begin(client, 3)).headers["location"]
    headers = {
        **VERSION,
        "X-HTTP-Method-Override": "PATCH",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": "0",
    }
    answer = await client.post(url, content=b"abc", headers=headers)
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "3")
