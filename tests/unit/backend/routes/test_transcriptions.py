"""Recordings in, jobs out."""

import asyncio
import hashlib

import httpx
import pytest

from contracts.jobs import Job, JobStatus

pytestmark = pytest.mark.whole_app

URL = "/v1/transcriptions"
FORM = "multipart/form-data; boundary=B"


async def post_form(client: httpx.AsyncClient, content: bytes, name: str = "a.wav", **options):
    return await client.post(URL, files={"file": (name, content)}, data=options)


async def ended(client: httpx.AsyncClient, location: str) -> Job:
    while True:
        job = Job.model_validate_json((await client.get(location)).content)
        if job.status.is_final:
            return job
        await asyncio.sleep(0.02)


def assert_problem(answer: httpx.Response, kind: str, status: int) -> dict:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{kind}")
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


async def test_a_form_becomes_a_job_that_runs_to_its_end(client, silence, files_left) -> None:
    answer = await post_form(client, silence, "../Тихо.wav", language="en", beam_size="3")
    assert answer.status_code == 202
    job = Job.model_validate(answer.json())
    assert answer.headers["location"] == f"{URL}/{job.id}"
    assert (job.file.name, job.file.size_bytes) == ("Тихо.wav", len(silence))
    assert job.file.sha256 == hashlib.sha256(silence).hexdigest()
    assert (job.options.language, job.options.beam_size) == ("en", 3)
    job = await ended(client, answer.headers["location"])
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)
    async with asyncio.timeout(5):  # the recording stays, what was made of it on the way does not
        while [path.read_bytes() for path in files_left()] != [silence]:
            await asyncio.sleep(0.02)


async def test_options_may_come_before_and_after_the_file(client, silence) -> None:
    parts = [
        b'--B\r\nContent-Disposition: form-data; name="normalization"\r\n\r\npeak\r\n',
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
        b"Content-Type: audio/wav\r\n\r\n" + silence + b"\r\n",
        b'--B\r\nContent-Disposition: form-data; name="target_peak"\r\n\r\n0.5\r\n--B--\r\n',
    ]
    headers = {"Content-Type": FORM}
    answer = await client.post(URL, content=b"".join(parts), headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.json()["options"]["target_peak"] == 0.5


@pytest.mark.parametrize("size", [1, 7, 100])
async def test_a_form_may_arrive_in_pieces_of_any_size(client, silence, size) -> None:
    whole = client.build_request("POST", URL, files={"file": ("a", silence[:3000])})
    body = whole.read()

    async def pieces():
        for first in range(0, len(body), size):
            yield body[first : first + size]

    headers = {"Content-Type": whole.headers["Content-Type"]}
    answer = await client.post(URL, content=pieces(), headers=headers)
    assert answer.json()["file"]["sha256"] == hashlib.sha256(silence[:3000]).hexdigest()


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"beam_size": "11"}, "/beam_size"),
        ({"language": "klingon"}, "/language"),
        ({"normalization": "rms", "target_peak": "0.5"}, "/target_peak"),
        ({"chunk_length_s": "soon"}, "/chunk_length_s"),
        ({"glossary": "я" * 10_000}, "/glossary"),
        ({"glossary": "\n".join(f"слово{n}" for n in range(501))}, "/glossary"),
        ({"glossary": "Лось\n.*"}, "/glossary"),
    ],
)
async def test_a_bad_option_is_pointed_at_and_the_file_is_gone(
    client, silence, files_left, options, pointer
) -> None:
    problem = assert_problem(await post_form(client, silence, **options), "invalid-option", 422)
    assert [one["pointer"] for one in problem["errors"]] == [pointer]
    assert files_left() == []


async def test_a_glossary_of_any_allowed_size_is_accepted(client, silence) -> None:
    """A form and a body have limits too, which must not be reached before those of a glossary."""
    lines = [f"{n:03} " + "ж" * 196 for n in range(500)]
    answer = await post_form(client, silence, glossary="\r\n".join(lines))
    assert answer.status_code == 202
    assert answer.json()["options"]["glossary"] == "\n".join(lines)
    body = {"upload_id": "../x", "glossary": lines}
    assert_problem(await client.post(URL, json=body), "not-found", 404)


async def test_long_file_name_is_cut(client, silence) -> None:
    name = "я" * 10_000 + ".wav"
    job = (await client.post(URL, files={"file": (name, silence)})).json()
    assert job["file"]["name"] == "я" * 251 + ".wav"


async def test_file_name_over_the_limit_is_named_as_the_reason(client, silence, files_left) -> None:
    answer = await client.post(URL, files={"file": ("x" * 70_000, silence)})
    assert "file name" in assert_problem(answer, "bad-request", 400)["detail"]
    assert files_left() == []


@pytest.mark.parametrize("suffix", ["%00", "%00/events", "%00/export?format=txt", "%0A", "%7F"])
async def test_id_with_a_control_character_is_no_id(client, silence, suffix: str) -> None:
    """Otherwise rules that compare paths, such as a proxy's, see another job."""
    job = (await client.post(URL, files={"file": ("a.wav", silence)})).json()
    answer = await client.get(f"{URL}/{job['id']}{suffix}")
    assert_problem(answer, "not-found", 404)


async def test_a_form_without_a_file_is_told_so(client, files_left) -> None:
    answer = await client.post(URL, files={"language": (None, "ru")})
    problem = assert_problem(answer, "invalid-option", 422)
    assert problem["errors"][0]["pointer"] == "/file"
    assert files_left() == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "empty-audio", 400),
        (b"just text", "unsupported-media", 415),
        (b"x" * 200_001, "too-large", 413),
    ],
)
async def test_a_bad_file_has_its_own_problem_and_is_gone(
    client, files_left, content, kind, status
) -> None:
    assert_problem(await post_form(client, content), kind, status)
    assert files_left() == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--B\r\nnonsense", FORM),
        (b"", FORM),
        (b"--B--\r\n", "multipart/form-data"),
        (b"--B--\r\n", f"multipart/form-data; boundary={'B' * 500}"),
        (b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--", FORM),
        (b'--B\r\nContent-Disposition: form-data; name="file"\r\n\r\nabc', FORM),
        (b'{"upload_id": ', "application/json"),
    ],
)
async def test_a_body_of_no_sense_is_a_bad_request(client, files_left, body, content_type) -> None:
    answer = await client.post(URL, content=body, headers={"Content-Type": content_type})
    assert_problem(answer, "bad-request", 400)
    assert files_left() == []


@pytest.mark.parametrize("name", ["file", "language"])
async def test_a_field_given_twice_is_a_bad_request(client, silence, files_left, name) -> None:
    twice = [("file", ("a", silence)), (name, ("b", b"ru")), (name, ("c", b"ru"))]
    assert_problem(await client.post(URL, files=twice), "bad-request", 400)
    assert files_left() == []


async def test_a_field_cannot_fill_the_memory(client, silence) -> None:
    assert_problem(await post_form(client, silence, prompt="я" * 300_000), "bad-request", 400)
    many = {f"field{i}": "x" for i in range(60)}
    assert_problem(await post_form(client, silence, **many), "bad-request", 400)


@pytest.mark.parametrize("content_type", ["audio/wav", "application/x-www-form-urlencoded", ""])
async def test_other_bodies_are_refused(client, silence, content_type) -> None:
    answer = await client.post(URL, content=silence, headers={"Content-Type": content_type})
    assert_problem(answer, "unsupported-media", 415)


async def test_json_of_another_shape_is_pointed_at(client) -> None:
    answer = await client.post(URL, json={"upload_id": 1, "colour": "red"})
    problem = assert_problem(answer, "invalid-option", 422)
    assert {one["pointer"] for one in problem["errors"]} == {"/upload_id", "/colour"}
    assert_problem(await client.post(URL, json={"upload_id": "x" * 1_100_000}), "too-large", 413)
    assert_problem(await client.post(URL, json={"upload_id": "../x"}), "not-found", 404)


async def test_an_unknown_job_is_not_found(client) -> None:
    assert_problem(await client.get(f"{URL}/nothing"), "not-found", 404)
    assert_problem(await client.get(f"{URL}/nothing/export?format=srt"), "not-found", 404)


async def test_a_full_queue_costs_nobody_a_finished_upload(app, client) -> None:
    created = await client.post(
        "/v1/uploads/",
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Length": "3",
            "Content-Type": "application/offset+octet-stream",
        },
        content=b"abc",
    )
    address = created.headers["Location"]
    app.state.services.submission._n_arriving["local"] = 10**6
    refused = await client.post(
        "/v1/transcriptions", json={"upload_id": address.rpartition("/")[2]}
    )
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    kept = await client.head(address, headers={"Tus-Resumable": "1.0.0"})
    assert kept.headers["Upload-Offset"] == "3"
