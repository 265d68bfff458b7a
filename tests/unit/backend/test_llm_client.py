"""The llm's client against a real HTTP server that behaves as the test wants."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import structlog
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request, Response

from backend import llm_client
from backend.errors import LlmFailedError, LlmNotReadyError
from backend.llm_client import LlmClient
from backend.settings import BackendSettings
from contracts.models import HealthStatus, ModelIdentity, ModelList
from contracts.transcription import ChunkTimings, ChunkTranscript, DecodingOptions
from live_server import serving

NOBODY = "http://127.0.0.1:9"
ANSWER = ChunkTranscript(
    text="привет",
    language="ru",
    language_probability=1.0,
    duration_s=1.0,
    segments=[],
    model=ModelIdentity(name="m", revision="r", engine="e", device="cpu"),
    timings=ChunkTimings(queue_s=0, inference_s=0, batch_size=1),
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_client, "_FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(llm_client, "_JITTER_S", 0.05)


def good(_request: Request) -> Response:
    return Response(ANSWER.model_dump_json(), media_type="application/json")


def status(code: int, **headers: str) -> Callable[[Request], Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: Response("secret traceback", status_code=code, headers=named)


class ScriptedLlm:
    """Gives its answers one after another, the last one for ever; remembers the requests."""

    def __init__(self, *answers: Callable[[Request], Response]) -> None:
        self._answers = list(answers)
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []
        self.times: list[float] = []
        self.app = FastAPI()
        self.app.add_api_route("/{path:path}", self._answer, methods=["GET", "POST"])

    async def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        self.bodies.append(await request.body())
        self.times.append(time.monotonic())
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return answer(request)


@asynccontextmanager
async def client_of(url: str, **settings: float) -> AsyncIterator[LlmClient]:
    client = LlmClient(BackendSettings(_env_file=None, llm_url=url, **settings))
    try:
        yield client
    finally:
        await client.aclose()


async def transcribe(llm: ScriptedLlm, **settings: float) -> ChunkTranscript:
    async with serving(llm.app) as url, client_of(url, **settings) as client:
        return await client.transcribe(b"\x01\x00" * 4, DecodingOptions(prompt="Лев & <Толстой>"))


async def test_pcm_and_options_arrive_as_they_were_given() -> None:
    llm = ScriptedLlm(good)
    assert await transcribe(llm) == ANSWER
    assert llm.bodies == [b"\x01\x00" * 4]
    assert llm.requests[0].headers["content-type"] == "application/octet-stream"
    sent = DecodingOptions.model_validate(dict(llm.requests[0].query_params))
    assert sent == DecodingOptions(prompt="Лев & <Толстой>")


@pytest.mark.parametrize("code", [502, 503, 504])
async def test_a_passing_failure_is_tried_again(code: int) -> None:
    llm = ScriptedLlm(status(code), good)
    assert await transcribe(llm) == ANSWER
    assert len(llm.requests) == 2


async def test_retry_after_is_waited_for() -> None:
    llm = ScriptedLlm(status(503, Retry_After="2"), good)
    await transcribe(llm)
    assert llm.times[1] - llm.times[0] >= 2


@pytest.mark.parametrize("code", [400, 413, 422])
async def test_a_lasting_failure_is_told_at_once_and_nothing_internal_with_it(code: int) -> None:
    llm = ScriptedLlm(status(code))
    with pytest.raises(LlmFailedError) as caught:
        await transcribe(llm)
    assert len(llm.requests) == 1
    assert "secret" not in caught.value.detail
    assert str(code) not in caught.value.detail
    assert str(code) in str(caught.value.__cause__), "the log has nothing to find the cause by"


async def test_an_answer_without_sense_is_a_failure_that_quotes_nothing() -> None:
    llm = ScriptedLlm(lambda _request: Response('{"text": "тайна"}'))
    with pytest.raises(LlmFailedError) as caught:
        await transcribe(llm)
    assert "тайна" not in repr(caught.value) + repr(caught.value.__cause__)
    assert len(llm.requests) == 3, "the next answer may be a good one"


async def test_a_model_that_fails_is_tried_a_few_times_only() -> None:
    own_failure = status(502, Content_Type="application/problem+json")
    llm = ScriptedLlm(own_failure, status(500), good)
    assert await transcribe(llm) == ANSWER
    llm = ScriptedLlm(lambda _request: Response("{]"), good)
    assert await transcribe(llm) == ANSWER
    llm = ScriptedLlm(own_failure)
    with pytest.raises(LlmFailedError):
        await transcribe(llm)
    assert len(llm.requests) == 3


async def test_retries_end_when_their_time_is_up() -> None:
    with pytest.raises(LlmFailedError):
        await transcribe(ScriptedLlm(status(503)), llm_retry_s=1)


async def test_a_time_out_is_tried_again() -> None:
    llm = ScriptedLlm(good)
    slow_once = [5.0]

    @llm.app.middleware("http")
    async def delay(request: Request, call_next):
        await asyncio.sleep(slow_once.pop() if slow_once else 0)
        return await call_next(request)

    assert await transcribe(llm, llm_timeout_s=1) == ANSWER


@pytest.mark.slow
async def test_a_restart_of_the_llm_is_survived() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with client_of(f"http://127.0.0.1:{port}") as client:
        call = asyncio.create_task(client.transcribe(b"", DecodingOptions()))
        await asyncio.sleep(4)
        assert not call.done()
        async with serving(ScriptedLlm(good).app, port):
            assert await call == ANSWER


async def test_the_callers_request_id_is_passed_on() -> None:
    llm = ScriptedLlm(good)
    token = correlation_id.set("caller-17")
    try:
        await transcribe(llm)
    finally:
        correlation_id.reset(token)
    assert llm.requests[0].headers["x-request-id"] == "caller-17"


async def test_retries_log_neither_prompt_nor_answer() -> None:
    with structlog.testing.capture_logs() as lines:
        await transcribe(ScriptedLlm(status(503), good))
    assert [line["event"] for line in lines] == ["stamina.retry_scheduled"]
    assert "Толстой" not in str(lines)
    assert "secret" not in str(lines)


async def test_models_are_passed_on() -> None:
    models = ModelList(data=[])
    llm = ScriptedLlm(lambda _request: Response(models.model_dump_json()))
    async with serving(llm.app) as url, client_of(url) as client:
        assert await client.models() == models
    assert llm.requests[0].url.path == "/v1/models"


async def test_models_of_an_llm_that_is_down_are_not_waited_for() -> None:
    async with client_of(NOBODY) as client:
        with pytest.raises(LlmNotReadyError) as caught:
            await client.models()
    assert caught.value.headers["Retry-After"]
    assert "127.0.0.1" not in caught.value.detail


@pytest.mark.parametrize("body", ["<html>", '{"status": "fine"}'])
async def test_health_without_sense_counts_as_starting(body: str) -> None:
    async with serving(ScriptedLlm(lambda _r: Response(body)).app) as url, client_of(url) as client:
        health = await client.health()
    assert health.status is HealthStatus.STARTING


async def test_health_of_an_llm_that_is_down_is_starting_with_a_reason() -> None:
    async with client_of(NOBODY) as client:
        health = await client.health()
    assert health.status is HealthStatus.STARTING
    assert all(check.detail for check in health.checks.values())


async def test_health_that_comes_with_503_is_read_all_the_same() -> None:
    body = '{"status": "starting", "checks": {"model": {"status": "starting", "detail": "7 %"}}}'
    llm = ScriptedLlm(lambda _request: Response(body, status_code=503))
    async with serving(llm.app) as url, client_of(url) as client:
        assert (await client.health()).checks["model"].detail == "7 %"
