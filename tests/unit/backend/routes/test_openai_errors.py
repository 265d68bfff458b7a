"""OpenAI's API, called by OpenAI's own client: each failure is the exception it knows."""

import httpx
import openai
import pytest
from starlette.requests import ClientDisconnect

from backend.errors import JobNotFoundError
from backend.routes.openai.errors import CLIENT_CLOSED_REQUEST
from contracts.jobs import JobStatus
from contracts.models import HealthStatus
from contracts.problems import Problem
from unit.backend.routes.openai_backend import (
    COMPLETED,
    MAX_UPLOAD_BYTES,
    ScriptedJobs,
    job,
    openai_backend,
)

pytestmark = pytest.mark.whole_app

AUDIO = ("a.wav", b"RIFF")


@pytest.fixture
def jobs() -> ScriptedJobs:
    return ScriptedJobs([COMPLETED])


@pytest.fixture
async def client(jobs, tmp_path):
    async with openai_backend(jobs, tmp_path) as client, client:
        yield client


def files_left(tmp_path) -> list:
    return list((tmp_path / "work").iterdir())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("language", "klingon"),
        ("temperature", 3),
        ("response_format", "yaml"),
        ("known_speaker_names", ["Анна"] * 5),
        ("known_speaker_references", ["data:audio/wav;base64,UklGRg=="]),
        ("known_speaker_references", ["https://example.com/anna.wav"]),
        ("known_speaker_references", ["data:audio/wav;base64,%%%"]),
        ("timestamp_granularities", ["letter"]),
        ("include", ["everything"]),
        ("extra_body", {"task": "translate"}),
        ("extra_body", {"beam_size": "11"}),
    ],
)
async def test_a_bad_field_is_a_bad_request_that_names_it(client, tmp_path, field, value) -> None:
    name = next(iter(value)) if field == "extra_body" else field
    with pytest.raises(openai.BadRequestError) as failure:
        await client.audio.transcriptions.create(
            **{"file": AUDIO, "model": "whisper-1", field: value}
        )
    error = failure.value
    assert (error.param, error.type) == (name, "invalid_request_error")
    assert name in error.message
    assert files_left(tmp_path) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"known_speaker_references": []},
        {"response_format": "json"},
        {"stream": True},
        {"known_speaker_names": ["Анна", "Пётр"]},
    ],
)
async def test_each_known_speaker_needs_a_voice_and_a_format_with_names(
    client, tmp_path, changes
) -> None:
    given = {
        "response_format": "diarized_json",
        "known_speaker_names": ["Анна"],
        "known_speaker_references": ["data:audio/wav;base64,UklGRg=="],
    }
    with pytest.raises(openai.BadRequestError) as failure:
        await client.audio.transcriptions.create(file=AUDIO, model="whisper-1", **(given | changes))
    assert failure.value.param == "known_speaker_references"
    assert files_left(tmp_path) == []


async def test_a_model_that_is_not_listed_is_not_found(client, tmp_path) -> None:
    with pytest.raises(openai.NotFoundError) as failure:
        await client.audio.transcriptions.create(file=AUDIO, model="gpt-5-transcribe")
    assert (failure.value.code, failure.value.param) == ("model_not_found", "model")
    assert files_left(tmp_path) == []


async def test_a_full_queue_is_a_rate_limit_with_the_time_to_wait(client, jobs) -> None:
    jobs.is_full = True
    with pytest.raises(openai.RateLimitError) as failure:
        await client.audio.transcriptions.create(file=AUDIO, model="whisper-1")
    assert failure.value.code == "rate_limit_exceeded"
    assert failure.value.response.headers["Retry-After"] == "7"


async def test_the_client_tries_again_once_there_is_room(client, jobs, monkeypatch) -> None:
    jobs.is_full = True

    async def make_room(seconds: float) -> None:
        assert seconds == 7
        jobs.is_full = False

    monkeypatch.setattr("anyio.sleep", make_room)
    patient = client.with_options(max_retries=1)
    answer = await patient.audio.transcriptions.create(file=AUDIO, model="whisper-1")
    assert answer.text


async def test_a_file_that_is_too_large_is_refused(client, tmp_path) -> None:
    with pytest.raises(openai.APIStatusError) as failure:
        await client.audio.transcriptions.create(
            file=("a.wav", bytes(MAX_UPLOAD_BYTES + 1)), model="whisper-1"
        )
    assert (failure.value.status_code, failure.value.code) == (413, "too_large")
    assert files_left(tmp_path) == []


@pytest.mark.parametrize("status", [HealthStatus.STARTING])
async def test_without_a_model_the_client_is_told_to_come_back(jobs, tmp_path, status) -> None:
    async with openai_backend(jobs, tmp_path, status) as client, client:
        with pytest.raises(openai.InternalServerError) as failure:
            await client.audio.transcriptions.create(file=AUDIO, model="whisper-1")
    assert (failure.value.status_code, failure.value.code) == (503, "not_ready")
    assert failure.value.response.headers["Retry-After"]


@pytest.mark.parametrize(
    ("status", "kind", "exception"),
    [
        (400, "unreadable-audio", openai.BadRequestError),
        (400, "unsupported-media", openai.BadRequestError),
        (413, "too-long", openai.APIStatusError),
        (502, "llm-failed", openai.InternalServerError),
    ],
)
async def test_a_job_that_fails_is_told_once_and_not_sent_again(
    client, jobs, status, kind, exception
) -> None:
    problem = Problem(type=f"/problems/{kind}", title="", status=status, detail="Nothing to do.")
    jobs.states = [job(JobStatus.RUNNING), job(JobStatus.FAILED, error=problem)]
    eager = client.with_options(max_retries=3)
    with pytest.raises(exception, match=r"Nothing to do\.") as failure:
        await eager.audio.transcriptions.create(file=AUDIO, model="whisper-1")
    assert (failure.value.status_code, failure.value.code) == (status, kind.replace("-", "_"))
    assert jobs.n_looks == 2


async def test_a_job_that_others_cancelled_is_a_conflict(client, jobs) -> None:
    jobs.states = [job(JobStatus.CANCELLED)]
    with pytest.raises(openai.ConflictError, match="cancelled"):
        await client.with_options(max_retries=3).audio.transcriptions.create(
            file=AUDIO, model="whisper-1"
        )
    assert jobs.n_looks == 1


@pytest.mark.parametrize(
    ("fields", "status", "param"),
    [
        ({"model": (None, "whisper-1")}, 400, "file"),
        ({"file": AUDIO}, 400, "model"),
        ([("file", AUDIO), ("model", (None, "a")), ("model", (None, "b"))], 400, None),
        ([("file", AUDIO), ("file", AUDIO), ("model", (None, "a"))], 400, None),
        ([("file", AUDIO)] + [(f"f{i}", (None, "x")) for i in range(60)], 400, None),
        ([("file", AUDIO), ("prompt", (None, "x" * 600_000))], 400, None),
    ],
)
async def test_a_form_that_is_not_complete_is_told_so(
    client, tmp_path, fields, status, param
) -> None:
    answer = await post(client, files=fields)
    assert answer.status_code == status
    assert answer.json()["error"]["param"] == param
    assert answer.json()["error"]["message"]
    assert files_left(tmp_path) == []


async def test_a_body_that_is_no_form_is_refused_in_openais_words(client) -> None:
    answer = await post(client, json={"model": "whisper-1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media")
    answer = await post(client, content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


async def test_a_job_that_is_deleted_meanwhile_is_not_found(client, jobs, monkeypatch) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise JobNotFoundError("No transcription has this id.")

    monkeypatch.setattr(jobs, "get_head", gone)
    monkeypatch.setattr(jobs, "get", gone)
    with pytest.raises(openai.NotFoundError):
        await client.audio.transcriptions.create(file=AUDIO, model="whisper-1")
    stream = await client.audio.transcriptions.create(file=AUDIO, model="whisper-1", stream=True)
    with pytest.raises(openai.APIError, match="No transcription"):
        [event async for event in stream][-1]


async def test_what_breaks_here_is_a_server_error_that_tells_nothing(
    client, jobs, monkeypatch
) -> None:
    async def break_down(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(jobs, "get_head", break_down)
    with pytest.raises(openai.InternalServerError) as failure:
        await client.audio.transcriptions.create(file=AUDIO, model="whisper-1")
    assert failure.value.type == "server_error"
    assert "secret" not in str(failure.value)


async def test_a_client_that_disconnects_is_no_server_error(client, jobs, monkeypatch) -> None:
    """Otherwise each closed tab raises an alarm about failed requests."""

    async def gone(*_: object) -> None:
        raise ClientDisconnect

    monkeypatch.setattr(jobs, "get_head", gone)
    answer = await post(client, files=[("file", AUDIO), ("model", (None, "whisper-1"))])
    assert answer.status_code == CLIENT_CLOSED_REQUEST


async def post(client: openai.AsyncOpenAI, **request) -> httpx.Response:
    async with httpx.AsyncClient(base_url=str(client.base_url)) as plain:
        return await plain.post("audio/transcriptions", **request)
