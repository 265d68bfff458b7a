"""If these fail, chunks are lost when the llm is unavailable, or its errors leak to clients."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import structlog
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry

from backend import llm_client
from backend.errors import LlmFailedError, LlmNotReadyError
from backend.llm_client import LlmClient
from backend.metrics import LlmMetrics
from backend.settings import BackendSettings
from contracts.models import HealthStatus, ModelIdentity, ModelList
from contracts.options import ChunkOptions, ChunkRequest, DecodingOptions
from contracts.transcription import ChunkTimings, ChunkTranscript
from live_server import serving
from servicekit.errors import UnknownModelError, UnsupportedOptionError
from unit.backend.stand_in_llm import MODEL, model_info

UNREACHABLE = "http://127.0.0.1:9"
TRANSCRIPT = ChunkTranscript(
    text="привет",
    language="ru",
    language_probability=1.0,
    duration_s=1.0,
    segments=[],
    model=ModelIdentity(name="m", revision="r", engine="e", device="cpu"),
    timings=ChunkTimings(queue_s=0, inference_s=0, batch_size=1),
)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_client, "_FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(llm_client, "_JITTER_S", 0.05)


def ok(_request: Request) -> Response:
    return Response(TRANSCRIPT.model_dump_json(), media_type="application/json")


def status(code: int, **headers: str) -> Callable[[Request], Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: Response("secret traceback", status_code=code, headers=named)


class ScriptedLlm:
    """Sends its responses in order, then repeats the last one; records the requests."""

    def __init__(self, *responses: Callable[[Request], Response]) -> None:
        self._responses = list(responses)
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []
        self.times: list[float] = []
        self.app = FastAPI()
        self.app.add_api_route("/{path:path}", self._respond, methods=["GET", "POST"])

    async def _respond(self, request: Request) -> Response:
        self.requests.append(request)
        self.bodies.append(await request.body())
        self.times.append(time.monotonic())
        response = self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
        return response(request)


@asynccontextmanager
async def client_of(url: str, **settings: float) -> AsyncIterator[LlmClient]:
    metrics = LlmMetrics(CollectorRegistry())
    client = LlmClient(BackendSettings(_env_file=None, llm_url=url, **settings), metrics)
    try:
        yield client
    finally:
        await client.aclose()


async def transcribe(llm: ScriptedLlm, **settings: float) -> ChunkTranscript:
    async with serving(llm.app) as url, client_of(url, **settings) as client:
        return await client.transcribe(b"\x01\x00" * 4, DecodingOptions(prompt="Лев & <Толстой>"))


async def test_pcm_and_options_arrive_unchanged() -> None:
    llm = ScriptedLlm(ok)
    assert await transcribe(llm) == TRANSCRIPT
    assert llm.bodies == [b"\x01\x00" * 4]
    assert llm.requests[0].headers["content-type"] == "application/octet-stream"
    sent = DecodingOptions.model_validate(dict(llm.requests[0].query_params))
    assert sent == DecodingOptions(prompt="Лев & <Толстой>")


async def test_a_long_glossary_arrives_unchanged() -> None:
    """An address of more than 64 KiB is refused before the llm reads it."""
    options = ChunkOptions(glossary="\n".join(f"название предприятия {n}" for n in range(500)))
    llm = ScriptedLlm(ok)
    async with serving(llm.app) as url, client_of(url) as client:
        assert await client.transcribe(b"\x01\x00" * 4, options) == TRANSCRIPT
    sent = ChunkRequest.model_validate_json(llm.bodies[0])
    assert (sent.pcm, sent.options()) == (b"\x01\x00" * 4, options)
    assert not llm.requests[0].query_params


@pytest.mark.parametrize("code", [502, 503, 504])
async def test_a_temporary_failure_is_retried(code: int) -> None:
    llm = ScriptedLlm(status(code), ok)
    assert await transcribe(llm) == TRANSCRIPT
    assert len(llm.requests) == 2


@pytest.mark.parametrize(
    ("answered", "fixed", "expected"), [(None, 0, 16), (48, 0, 48), (9999, 0, 256), (48, 3, 3)]
)
async def test_the_llm_says_how_many_chunks_it_takes(
    answered: int | None, fixed: int, expected: int
) -> None:
    """Otherwise most replicas of a cluster have nothing to do."""
    models = ModelList(data=[], max_concurrent_chunks=answered).model_dump_json()
    llm = ScriptedLlm(lambda _request: Response(models), status(503))
    async with serving(llm.app) as url, client_of(url, llm_concurrency=fixed) as client:
        assert client.concurrency() == (fixed or 16)
        await client.refresh_concurrency()
        assert client.concurrency() == expected
        await client.refresh_concurrency()
        assert client.concurrency() == expected, "it stays while the llm is unreachable"


async def test_retry_after_is_respected() -> None:
    llm = ScriptedLlm(status(503, Retry_After="2"), ok)
    await transcribe(llm)
    assert llm.times[1] - llm.times[0] >= 2


@pytest.mark.parametrize("code", [400, 413, 422])
async def test_a_permanent_failure_is_reported_at_once_without_internals(code: int) -> None:
    llm = ScriptedLlm(status(code))
    with pytest.raises(LlmFailedError) as caught:
        await transcribe(llm)
    assert len(llm.requests) == 1
    assert "secret" not in caught.value.detail
    assert str(code) not in caught.value.detail
    assert str(code) in str(caught.value.__cause__), "the log does not show the cause"


async def test_an_invalid_response_is_a_failure_that_quotes_nothing() -> None:
    llm = ScriptedLlm(lambda _request: Response('{"text": "тайна"}'))
    with pytest.raises(LlmFailedError) as caught:
        await transcribe(llm)
    assert "тайна" not in repr(caught.value) + repr(caught.value.__cause__)
    assert len(llm.requests) == 3, "the next response may be valid"


async def test_a_failing_model_is_tried_three_times() -> None:
    own_failure = status(502, Content_Type="application/problem+json")
    llm = ScriptedLlm(own_failure, status(500), ok)
    assert await transcribe(llm) == TRANSCRIPT
    llm = ScriptedLlm(lambda _request: Response("{]"), ok)
    assert await transcribe(llm) == TRANSCRIPT
    llm = ScriptedLlm(own_failure)
    with pytest.raises(LlmFailedError):
        await transcribe(llm)
    assert len(llm.requests) == 3


async def test_retries_end_after_the_maximum_time() -> None:
    with pytest.raises(LlmFailedError):
        await transcribe(ScriptedLlm(status(503)), llm_retry_s=1)


async def test_a_timeout_is_retried() -> None:
    llm = ScriptedLlm(ok)
    slow_once = [5.0]

    @llm.app.middleware("http")
    async def delay(request: Request, call_next):
        await asyncio.sleep(slow_once.pop() if slow_once else 0)
        return await call_next(request)

    assert await transcribe(llm, llm_timeout_s=1) == TRANSCRIPT


@pytest.mark.slow
async def test_a_request_survives_a_restart_of_the_llm() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with client_of(f"http://127.0.0.1:{port}") as client:
        call = asyncio.create_task(client.transcribe(b"", DecodingOptions()))
        await asyncio.sleep(4)
        assert not call.done()
        async with serving(ScriptedLlm(ok).app, port):
            assert await call == TRANSCRIPT


async def test_the_request_id_of_the_caller_is_forwarded() -> None:
    llm = ScriptedLlm(ok)
    token = correlation_id.set("caller-17")
    try:
        await transcribe(llm)
    finally:
        correlation_id.reset(token)
    assert llm.requests[0].headers["x-request-id"] == "caller-17"


async def test_retries_log_neither_prompt_nor_response() -> None:
    with structlog.testing.capture_logs() as lines:
        await transcribe(ScriptedLlm(status(503), ok))
    assert [line["event"] for line in lines] == ["stamina.retry_scheduled"]
    assert "Толстой" not in str(lines)
    assert "secret" not in str(lines)


async def test_models_are_returned_unchanged() -> None:
    models = ModelList(data=[])
    llm = ScriptedLlm(lambda _request: Response(models.model_dump_json()))
    async with serving(llm.app) as url, client_of(url) as client:
        assert await client.models() == models
    assert llm.requests[0].url.path == "/v1/models"


def models(*names: str) -> Callable[[Request], Response]:
    infos = [model_info(MODEL.model_copy(update={"name": name}), ["*"]) for name in names]
    content = ModelList(data=infos).model_dump_json()
    return lambda _request: Response(content, media_type="application/json")


async def test_the_models_are_asked_for_once_in_the_start_of_a_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A dictation would ask four times; a model that is unloaded must still be noticed."""
    llm = ScriptedLlm(models("first"), models("second"))
    async with serving(llm.app) as url, client_of(url) as client:
        names = [(await client.route(ChunkOptions())).identities[0].name for _ in range(3)]
        assert (names, len(llm.requests)) == (["first"] * 3, 1)
        monkeypatch.setattr(client, "_known_until", 0.0)
        assert (await client.route(ChunkOptions())).identities[0].name == "second"


async def test_what_the_known_models_lack_is_asked_for_again() -> None:
    """Else a job would wait, or be refused, although its model has just become available."""
    llm = ScriptedLlm(models(), models("first"), models("first", "second"))
    async with serving(llm.app) as url, client_of(url) as client:
        assert await client.known_route(ChunkOptions()) is None
        assert await client.known_route(ChunkOptions())
        route = await client.route(ChunkOptions(model="second"))
        assert route.identities[0].name == "second"
        with pytest.raises(UnknownModelError):
            await client.route(ChunkOptions(model="third"))


async def test_models_of_an_unreachable_llm_fail_at_once() -> None:
    async with client_of(UNREACHABLE) as client:
        with pytest.raises(LlmNotReadyError) as caught:
            await client.models()
    assert caught.value.headers["Retry-After"]
    assert "127.0.0.1" not in caught.value.detail


@pytest.mark.parametrize("body", ["<html>", '{"status": "fine"}'])
async def test_an_invalid_health_response_counts_as_starting(body: str) -> None:
    async with serving(ScriptedLlm(lambda _r: Response(body)).app) as url, client_of(url) as client:
        health = await client.health()
    assert health.status is HealthStatus.STARTING


async def test_an_unreachable_llm_is_starting_with_a_reason() -> None:
    async with client_of(UNREACHABLE) as client:
        health = await client.health()
    assert health.status is HealthStatus.STARTING
    assert all(check.detail for check in health.checks.values())


async def test_a_health_response_with_503_is_read() -> None:
    body = '{"status": "starting", "checks": {"model": {"status": "starting", "detail": "7 %"}}}'
    llm = ScriptedLlm(lambda _request: Response(body, status_code=503))
    async with serving(llm.app) as url, client_of(url) as client:
        assert (await client.health()).checks["model"].detail == "7 %"


async def test_an_option_that_the_llm_refuses_is_named() -> None:
    """The model may have changed since the recording was accepted."""
    refusal = UnsupportedOptionError({"prompt": "the model reads no prompt"}).to_problem()
    answer = Response(refusal.model_dump_json(), 422, media_type="application/problem+json")
    with pytest.raises(UnsupportedOptionError) as error:
        await transcribe(ScriptedLlm(lambda _: answer))
    assert error.value.to_problem() == refusal
