"""If these fail, dashboards and alerts show another state than that of the queues and the jobs."""

import httpx
import pytest
from prometheus_client import CollectorRegistry

from backend.errors import LlmFailedError
from backend.llm_client import LlmClient
from backend.metrics import JobMetrics, LlmMetrics
from backend.settings import BackendSettings
from backend.storage.database import QueueLoad, QueueName
from contracts.jobs import JobStatus
from unit.backend.stand_ins import Components


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def test_an_empty_queue_is_no_missing_series(registry: CollectorRegistry) -> None:
    """An alert on a series that does not exist never fires."""
    metrics = JobMetrics(registry)
    metrics.set_queues([QueueLoad(queue, 0, 0, 0.0) for queue in QueueName])
    for queue in QueueName:
        for status in ("queued", "running"):
            labels = {"queue": queue.value, "status": status}
            assert value(registry, "transcription_jobs_unfinished", **labels) == 0
        assert value(registry, "transcription_job_duration_seconds_count", queue=queue) == 0


async def test_a_completed_job_is_measured_in_each_of_its_stages(
    components: Components, registry: CollectorRegistry
) -> None:
    components.metrics = JobMetrics(registry)
    job = await components.add_job()
    await components.worker().work_on(job.id)
    ended = {"status": "completed", "problem": ""}
    assert value(registry, "transcription_jobs_ended_total", **ended) == 1
    assert value(registry, "transcription_audio_seconds_total", queue="long") == 3
    for name in ("queue", "job"):
        full = f"transcription_{name}_duration_seconds_count"
        assert value(registry, full, queue="long") == 1
    stages = "transcription_stage_duration_seconds_count"
    assert value(registry, stages, stage="transcribing") == 1


async def test_a_copied_result_counts_as_ended_but_not_as_transcribed(
    components: Components, registry: CollectorRegistry
) -> None:
    """Otherwise the speed of the service looks better than it is."""
    components.metrics = JobMetrics(registry)
    for _ in range(2):
        job = await components.add_job()
        await components.worker().work_on(job.id)
    ended = {"status": "completed", "problem": ""}
    assert value(registry, "transcription_jobs_ended_total", **ended) == 2
    assert value(registry, "transcription_job_duration_seconds_count", queue="long") == 1


async def test_a_failed_job_is_counted_with_its_problem(
    components: Components, registry: CollectorRegistry
) -> None:
    """Otherwise an alert cannot tell damaged recordings from a broken service."""
    components.metrics = JobMetrics(registry)
    components.llm.errors[1] = LlmFailedError("The speech model failed on this recording.")
    job = await components.add_job()
    await components.worker().work_on(job.id)
    assert (await components.stores.jobs.status(job.id)) is JobStatus.FAILED
    ended = {"status": "failed", "problem": "llm-failed"}
    assert value(registry, "transcription_jobs_ended_total", **ended) == 1


async def test_each_request_to_the_llm_is_measured_with_its_status(
    registry: CollectorRegistry,
) -> None:
    """A retry hides a failing llm from clients, but not from its operators."""
    statuses = iter([503, 0, 200, 200, 200])

    def respond(_request: httpx.Request) -> httpx.Response:
        if (status := next(statuses)) == 0:
            raise httpx.ConnectError("refused")
        return httpx.Response(status, content=b"[]", headers={"Retry-After": "0"})

    settings = BackendSettings(_env_file=None)  # pyright: ignore
    client = LlmClient(settings, LlmMetrics(registry))
    transport = httpx.MockTransport(respond)
    client._http = httpx.AsyncClient(base_url="http://llm", transport=transport)
    with pytest.raises(LlmFailedError):
        await client.segment_speakers(b"")
    name = "transcription_llm_request_duration_seconds_count"
    route = "/v1/speaker-segmentation"
    assert [value(registry, name, route=route, status=s) for s in ("503", "0", "200")] == [1, 1, 3]
