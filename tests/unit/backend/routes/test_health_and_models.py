"""What the backend says of itself and of the llm."""

import pytest
from fastapi import FastAPI, Response
from prometheus_client import CollectorRegistry

from backend.llm_client import LlmClient
from backend.metrics import LlmMetrics
from backend.readiness import readiness_checks
from backend.settings import BackendSettings
from backend.storage.blobs import FolderBlobs
from backend.storage.disk import Disk
from contracts.models import HealthStatus
from live_server import serving
from servicekit.logs import configure_logging

pytestmark = pytest.mark.whole_app


async def test_without_the_llm_no_work_is_possible_and_the_reason_is_told(client) -> None:
    answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    health = answer.json()
    assert health["status"] == "starting"
    assert health["checks"]["llm"]["detail"]
    assert health["checks"]["disk"]["status"] == "ready"
    assert (await client.get("/health/live")).status_code == 200


async def test_models_without_the_llm_are_not_ready(client) -> None:
    answer = await client.get("/v1/models")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/not-ready")
    assert answer.headers["retry-after"]


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (
            '{"status": "ready", "checks": {"model": {"status": "ready"}}}',
            HealthStatus.READY,
            None,
        ),
        (
            '{"status": "degraded", "checks": {"model": {"status": "degraded", "detail": "Why."}}}',
            HealthStatus.DEGRADED,
            "Why.",
        ),
    ],
)
async def test_the_llms_own_view_is_passed_on(tmp_path, body, status, detail) -> None:
    llm = FastAPI()
    llm.add_api_route("/health/ready", lambda: Response(body))
    async with serving(llm) as url:
        client = LlmClient(
            BackendSettings(_env_file=None, llm_url=url), LlmMetrics(CollectorRegistry())
        )
        blobs = FolderBlobs(tmp_path)
        checks = await readiness_checks(client, Disk(tmp_path, 0), lambda: None, blobs.ping)()
        await client.aclose()
    assert (checks["llm"].status, checks["llm"].detail) == (status, detail)


async def test_no_name_of_a_file_is_logged(client, silence, capfd) -> None:
    configure_logging("INFO", "backend")  # whatever tests before it have configured
    name = "Тайное-совещание.wav"
    answer = await client.post(
        "/v1/transcriptions", files={"file": (name, silence)}, data={"prompt": "Секрет"}
    )
    assert answer.status_code == 202
    await client.post("/v1/transcriptions", files={"file": (name, b"")}, data={"prompt": "Секрет"})
    out, err = capfd.readouterr()
    assert "request_finished" in out + err, "nothing was logged: the test shows nothing"
    assert "Тайное" not in out + err
    assert "Секрет" not in out + err


async def test_every_answer_has_the_callers_request_id(client) -> None:
    for path in ("/v1/transcriptions/x", "/health/live", "/nowhere", "/v1/uploads/x"):
        answer = await client.get(path, headers={"X-Request-ID": "mine-1"})
        assert answer.headers["x-request-id"] == "mine-1"
