"""The HTTP service on a real port, with a fake engine."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from contracts.transcription import ChunkTranscript
from llm import app as app_module
from llm.app import create_app
from llm.settings import LlmSettings
from unit.llm.checkpoints import write_old_checkpoint
from unit.llm.fake_engine import CAPABILITIES, FakeEngine
from unit.llm.model_store.stand_in_hub import NAME, stand_in_hub
from unit.llm.token_classifiers import write_onnx_classifier

pytestmark = pytest.mark.whole_app

SECOND = b"\0\0" * 16_000
READY_WITHIN_S = 60
"""An engine is exported, calibrated and warmed up first, perhaps beside other tests."""


def settings(tmp_path: Path, **changes: object) -> LlmSettings:
    values: dict[str, object] = {
        "data_dir": tmp_path / "data",
        "hf_home": tmp_path / "hf",
        "llm_model": str(write_old_checkpoint(tmp_path / "model")),
        "llm_fallback_model": "",
    }
    return LlmSettings(_env_file=None, **(values | changes))  # pyright: ignore


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


class Server:
    """The app under uvicorn, on a free port."""

    def __init__(self, app: FastAPI) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=5)
        )

    async def __aenter__(self) -> "Server":
        self._task = asyncio.create_task(self._server.serve())
        await until(lambda: self._server.started)
        self.port: int = self._server.servers[0].sockets[0].getsockname()[1]
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=20
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()
        self._server.should_exit = True
        await self._task

    async def ready(self) -> "Server":
        async with asyncio.timeout(READY_WITHIN_S):
            while (await self.client.get("/health/ready")).status_code != 200:
                await asyncio.sleep(0.02)
        return self


async def queue_has(server: Server, depth: int) -> None:
    async with asyncio.timeout(10):
        while (
            f'llm_queued_chunks{{task="transcribe"}} {depth}.0'
            not in (await server.client.get("/metrics")).text
        ):
            await asyncio.sleep(0.02)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine()
    monkeypatch.setattr(app_module, "load_engine", lambda *_: fake)
    return fake


@pytest.fixture
async def server(tmp_path: Path, engine: FakeEngine) -> AsyncIterator[Server]:
    app = create_app(settings(tmp_path, llm_max_batch_size=1, llm_queue_size=1))
    async with Server(app) as running:
        await running.ready()
        engine.batches.clear()
        yield running


async def test_an_engine_is_warm_before_the_first_request(
    tmp_path: Path, engine: FakeEngine
) -> None:
    """Otherwise the first dictation after a start waits while the engine prepares itself."""
    async with Server(create_app(settings(tmp_path))) as running:
        await running.ready()
        assert len(engine.batches) == 1


async def test_a_chunk_is_answered_with_its_transcript(server: Server) -> None:
    answer = await server.client.post("/v1/transcribe?language=de", content=SECOND)
    assert answer.status_code == 200
    transcript = ChunkTranscript.model_validate(answer.json())
    assert (transcript.text, transcript.language, transcript.duration_s) == ("16000", "de", 1.0)
    assert transcript.timings.batch_size == 1
    metrics = (await server.client.get("/metrics")).text
    assert 'llm_audio_seconds_total{task="transcribe"} 1.0' in metrics
    assert 'llm_queue_duration_seconds_count{task="transcribe"} 1.0' in metrics
    assert 'health_check_status{check="model",status="ready"} 1.0' in metrics
    assert 'health_check_status{check="model",status="starting"} 0.0' in metrics


@pytest.mark.parametrize(
    ("query", "body", "status", "problem"),
    [
        ("", b"", 400, "/problems/empty-audio"),
        ("", b"abc", 400, "/problems/unreadable-audio"),
        ("", SECOND * 30 + b"\0\0", 413, "/problems/too-long"),
        ("?language=xx", SECOND, 422, "/problems/invalid-option"),
        ("?beam_size=11", SECOND, 422, "/problems/invalid-option"),
        ("?nonsense=1", SECOND, 422, "/problems/invalid-option"),
    ],
)
async def test_each_kind_of_bad_input_has_its_own_problem(
    server: Server, query: str, body: bytes, status: int, problem: str
) -> None:
    answer = await server.client.post(f"/v1/transcribe{query}", content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == problem
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_an_option_that_the_model_cannot_follow_is_named(
    server: Server, engine: FakeEngine
) -> None:
    """Otherwise it would be dropped in silence, or the engine would fail on it."""
    no = dict.fromkeys(("detects_language", "translate", "prompt", "beam_search", "temperature"))
    engine.capabilities = CAPABILITIES.model_copy(update={**no, "languages": ["ru"]})
    query = "language=de&task=translate&prompt=Лев&beam_size=2&temperature=0.5"
    answer = await server.client.post(f"/v1/transcribe?{query}", content=SECOND)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-option")
    named = {line["pointer"]: line["detail"] for line in answer.json()["errors"]}
    assert list(named) == ["/language", "/task", "/prompt", "/beam_size", "/temperature"]
    assert named["/language"] == "the model does not recognise it: only ru"
    assert (await server.client.post("/v1/transcribe", content=SECOND)).status_code == 200


async def test_clients_learn_what_the_model_can_do(server: Server) -> None:
    (model,) = (await server.client.get("/v1/models")).json()["data"]
    assert model["capabilities"] == CAPABILITIES.model_dump(mode="json")


async def test_thirty_seconds_are_not_too_long(server: Server) -> None:
    assert (await server.client.post("/v1/transcribe", content=SECOND * 30)).status_code == 200


async def test_a_body_that_is_too_long_is_refused_before_it_is_complete(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = "POST /v1/transcribe HTTP/1.1\r\nHost: llm\r\nContent-Length: 1000000000\r\n\r\n"
    writer.write(head.encode() + SECOND * 31)
    async with asyncio.timeout(10):
        assert b" 413 " in await reader.readline()
    writer.close()


async def test_a_full_queue_is_503_with_retry_after(server: Server, engine: FakeEngine) -> None:
    engine.go_on.clear()
    first = asyncio.create_task(server.client.post("/v1/transcribe", content=SECOND))
    await until(lambda: engine.batches)
    second = asyncio.create_task(server.client.post("/v1/transcribe", content=SECOND))
    await queue_has(server, 1)
    refused = await server.client.post("/v1/transcribe", content=SECOND)
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
    assert int(refused.headers["retry-after"]) > 0
    engine.go_on.set()
    assert [(await task).status_code for task in (first, second)] == [200, 200]


async def test_a_disconnected_client_leaves_the_queue(server: Server, engine: FakeEngine) -> None:
    engine.go_on.clear()
    first = asyncio.create_task(server.client.post("/v1/transcribe", content=SECOND))
    await until(lambda: engine.batches)
    head = f"POST /v1/transcribe HTTP/1.1\r\nHost: llm\r\nContent-Length: {len(SECOND) * 2}\r\n\r\n"
    _reader, caller = await asyncio.open_connection("127.0.0.1", server.port)
    caller.write(head.encode() + SECOND * 2)
    await caller.drain()
    await queue_has(server, 1)
    caller.close()
    await queue_has(server, 0)
    third = asyncio.create_task(server.client.post("/v1/transcribe", content=SECOND * 3))
    await queue_has(server, 1)
    engine.go_on.set()
    assert [(await task).status_code for task in (first, third)] == [200, 200]
    assert engine.batches == [[16_000], [48_000]]


async def test_a_failing_engine_is_502_and_the_service_continues(
    server: Server, engine: FakeEngine
) -> None:
    engine.error = RuntimeError("inside: /secret/path")
    answer = await server.client.post("/v1/transcribe", content=SECOND)
    assert (answer.status_code, answer.json()["type"]) == (502, "/problems/llm-failed")
    assert "secret" not in answer.text
    engine.error = None
    assert (await server.client.post("/v1/transcribe", content=SECOND)).status_code == 200


async def test_without_hub_and_fallback_the_service_is_starting_and_answers_503(
    tmp_path: Path, engine: FakeEngine
) -> None:
    app = create_app(settings(tmp_path, llm_model="owner/model", hf_endpoint="http://127.0.0.1:9"))
    async with Server(app) as server:
        ready = await server.client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "starting")
        answer = await server.client.post("/v1/transcribe", content=SECOND)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-ready")
        assert int(answer.headers["retry-after"]) > 0
        assert (await server.client.get("/health/live")).status_code == 200


async def test_without_the_hub_the_fallback_serves_and_the_reason_is_reported(
    tmp_path: Path, engine: FakeEngine
) -> None:
    fallback = str(write_old_checkpoint(tmp_path / "fallback"))
    app = create_app(
        settings(
            tmp_path,
            llm_model="owner/model",
            llm_fallback_model=fallback,
            hf_endpoint="http://127.0.0.1:9",
        )
    )
    async with Server(app) as server:
        await server.ready()
        async with asyncio.timeout(30):
            while "Cannot download" not in (ready := await server.client.get("/health/ready")).text:
                await asyncio.sleep(0.05)
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
        models = (await server.client.get("/v1/models")).json()["data"]
        assert [(m["state"], m["is_fallback"]) for m in models] == [
            ("failed", False),
            ("ready", True),
        ]
        assert "Next try" in models[0]["detail"]


async def test_the_hub_s_model_replaces_the_fallback_once_it_is_downloaded(tmp_path: Path) -> None:
    """With the real engine and model store, up to the model's name in the transcript."""
    fallback = write_old_checkpoint(tmp_path / "fallback")
    files = {path.name: path.read_bytes() for path in fallback.iterdir()}
    with stand_in_hub(files) as hub:
        hub.may_send.clear()
        app = create_app(
            settings(
                tmp_path,
                llm_model=NAME,
                llm_fallback_model=str(fallback),
                hf_endpoint=hub.address,
                llm_threads=1,
            )
        )
        async with Server(app) as server:
            await server.ready()
            assert (await server.client.get("/health/ready")).json()["status"] == "degraded"
            before = await server.client.post("/v1/transcribe", content=SECOND)
            assert before.json()["model"]["name"] == "fallback"
            hub.may_send.set()
            async with asyncio.timeout(READY_WITHIN_S):
                while (await server.client.get("/health/ready")).json()["status"] != "ready":
                    await asyncio.sleep(0.05)
            after = await server.client.post("/v1/transcribe", content=SECOND)
            model = after.json()["model"]
            assert (model["name"], model["revision"]) == (NAME, hub.commit)


async def test_prompts_are_not_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        await server.client.post("/v1/transcribe?prompt=тайна", content=SECOND)
    assert "тайна" not in json.dumps([r.getMessage() for r in caplog.records], ensure_ascii=False)


def chunk_request(**changes: object) -> dict[str, object]:
    return {"glossary": "Аэлита\nЛось", "pcm": base64.b64encode(SECOND).decode()} | changes


async def test_a_chunk_and_its_options_may_come_as_json(server: Server) -> None:
    """A glossary may be longer than an address."""
    body = chunk_request(glossary="\n".join(f"название предприятия {n}" for n in range(500)))
    answer = await server.client.post("/v1/transcribe", json=body | {"language": "de"})
    assert answer.status_code == 200
    assert (answer.json()["language"], answer.json()["duration_s"]) == ("de", 1.0)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"glossary": "а" * 10_000}, 422),
        ({"glossary": "\n".join(map(str, range(501)))}, 422),
        ({"pcm": "не base64"}, 422),
        ({"pcm": ""}, 400),
        ({"pcm": base64.b64encode(SECOND * 31).decode()}, 413),
        ({"nonsense": 1}, 422),
    ],
)
async def test_a_bad_chunk_as_json_is_refused(
    server: Server, changes: dict[str, object], status: int
) -> None:
    answer = await server.client.post("/v1/transcribe", json=chunk_request(**changes))
    assert answer.status_code == status


def punctuation_request(**changes: object) -> dict[str, object]:
    pcm = base64.b64encode(SECOND).decode()
    return {"language": "ru", "words": ["его", "сына"], "pcm": pcm} | changes


async def test_clients_learn_how_many_chunks_to_send_at_once(
    tmp_path: Path, engine: FakeEngine
) -> None:
    async def five() -> int:
        return 5

    app = create_app(settings(tmp_path, llm_max_batch_size=4), n_replicas=five)
    async with Server(app) as running:
        models = (await running.client.get("/v1/models")).json()
    assert models["max_concurrent_chunks"] == 22, "a batch for each replica, and half of another"


async def test_words_are_answered_punctuated(server: Server) -> None:
    answer = await server.client.post("/v1/punctuate", json=punctuation_request())
    assert answer.status_code == 200
    assert answer.json()["words"] == ["его.", "сына."]
    metrics = (await server.client.get("/metrics")).text
    assert 'llm_audio_seconds_total{task="punctuate"} 1.0' in metrics


async def test_the_punctuation_model_punctuates_instead(tmp_path: Path, engine: FakeEngine) -> None:
    folder = write_onnx_classifier(tmp_path / "own", {"сына": "UPPER_QUESTION"})
    chosen = settings(tmp_path, punctuation_model=str(folder))
    async with Server(create_app(chosen)) as running:
        await running.ready()
        answer = (await running.client.post("/v1/punctuate", json=punctuation_request())).json()
    assert (answer["words"], answer["model"]["name"]) == (["его", "Сына?"], "own")


async def test_a_punctuation_model_that_does_not_fit_fails_only_punctuation(
    tmp_path: Path, engine: FakeEngine
) -> None:
    folder = write_onnx_classifier(tmp_path / "ner", {"сына": "B-PER"}, ["O", "B-PER"])
    chosen = settings(tmp_path, punctuation_model=str(folder))
    async with Server(create_app(chosen)) as running:
        await running.ready()
        answer = await running.client.post("/v1/punctuate", json=punctuation_request())
        assert (answer.status_code, answer.json()["type"]) == (502, "/problems/llm-failed")
        assert (await running.client.post("/v1/transcribe", content=SECOND)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"words": []}, 422),
        ({"words": ["два слова"]}, 422),
        ({"words": [""]}, 422),
        ({"words": ["a"] * 1001}, 422),
        ({"words": ["a" * 201]}, 422),
        ({"language": "auto"}, 422),
        ({"language": "xx"}, 422),
        ({"pcm": "не base64"}, 422),
        ({"pcm": ""}, 400),
        ({"pcm": base64.b64encode(b"abc").decode()}, 400),
        ({"pcm": base64.b64encode(SECOND * 31).decode()}, 413),
        ({"pcm": "A" * 3_000_000}, 413),
        ({"nonsense": 1}, 422),
    ],
)
async def test_a_bad_punctuation_request_is_refused(
    server: Server, changes: dict[str, object], status: int
) -> None:
    answer = await server.client.post("/v1/punctuate", json=punctuation_request(**changes))
    assert answer.status_code == status
    assert answer.json()["status"] == status
