"""If this fails, nobody can follow a recording through the services, or traces tell secrets."""

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from contracts.jobs import Job
from integration.otlp_receiver import OtlpReceiver, running_receiver
from speech_corpus import russian_sentences
from testbed.services import Service, Services, running_services
from testbed.speech import concatenated

pytestmark = pytest.mark.slow

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
KEY = "a-key-that-stays-out-of-the-traces"
AUTHORIZATION = {"Authorization": f"Bearer {KEY}"}
FILE_NAME = "private-meeting"
TIMEOUT_S = 120


def wait_until(condition: Callable[[], bool], reason: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, reason()
        time.sleep(0.2)


def upload(frontend: Service, recording: bytes) -> str:
    """Send a recording as the page does, in two pieces, and return its id."""
    headers = {"Tus-Resumable": "1.0.0", "traceparent": TRACEPARENT, "Origin": frontend.url}
    with httpx.Client(
        base_url=frontend.url, headers=headers, timeout=TIMEOUT_S, trust_env=False
    ) as page:
        created = page.post(
            "/backend/v1/uploads/",
            headers={"Upload-Length": str(len(recording)), "Upload-Metadata": _file_name()},
        )
        assert created.status_code == 201, created.text
        half = len(recording) // 2
        for offset, piece in ((0, recording[:half]), (half, recording[half:])):
            answer = page.patch(
                created.headers["Location"],
                content=piece,
                headers={
                    "Upload-Offset": str(offset),
                    "Content-Type": "application/offset+octet-stream",
                },
            )
            assert answer.status_code == 204, answer.text
    return created.headers["Location"].rpartition("/")[2]


def _file_name() -> str:
    return "filename cHJpdmF0ZS1tZWV0aW5n"  # FILE_NAME


def job_at(url: str) -> Job:
    answer = httpx.get(url, headers=AUTHORIZATION, timeout=TIMEOUT_S, trust_env=False)
    return Job.model_validate_json(answer.content)


def submit_and_kill(services: Services, receiver: OtlpReceiver, upload_id: str) -> str:
    """Queue the recording, kill the backend once it is decoded, start it; return the job's URL."""
    services.llm.suspend()
    backend = services.backend
    answer = httpx.post(
        f"{backend.url}/v1/transcriptions",
        json={"upload_id": upload_id, "chunk_length_s": 5},
        headers=AUTHORIZATION,
        timeout=TIMEOUT_S,
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text
    url = backend.url + answer.headers["Location"]
    wait_until(lambda: job_at(url).progress.chunks_total > 0, backend.log.read_text)
    wait_until(lambda: names(receiver)["backend", "measuring_loudness"] > 0, backend.log.read_text)
    assert backend.process
    backend.process.kill()
    backend.process.wait()
    services.llm.resume()
    backend.start()
    backend.wait_until_ready()
    return url


def test_a_recording_is_one_trace_from_its_upload_to_its_last_chunk_across_a_restart(
    tmp_path: Path,
) -> None:
    recording = concatenated(russian_sentences(4), pause_s=0.5).read_bytes()
    with (
        running_receiver() as receiver,
        running_services(
            tmp_path,
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
            OTEL_BSP_SCHEDULE_DELAY="200",
            API_KEYS=KEY,
            BACKEND_API_KEY=KEY,
            LLM_RETRY_S="100",
        ) as services,
    ):
        url = submit_and_kill(services, receiver, upload(services.frontend, recording))
        wait_until(lambda: job_at(url).status.is_final, services.backend.log.read_text)
        job = job_at(url)
        assert job.result is not None, job.error
        n_chunks = job.progress.chunks_total
        assert n_chunks >= 2
        wait_until(lambda: is_complete(receiver, n_chunks), lambda: names(receiver))
        for service in (services.backend, services.llm):
            assert TRACE_ID in logged_traces(service)
    assert is_complete(receiver, n_chunks)
    assert_one_tree(receiver)
    sent = b"".join(receiver.bodies).decode("utf-8", errors="replace")
    words = [word for word in job.result.text.split() if len(word) > 4]
    assert [secret for secret in (KEY, FILE_NAME, *words) if secret in sent] == []


def names(receiver: OtlpReceiver) -> Counter[tuple[str, str]]:
    """Return the spans of the recording's trace by service and name."""
    return Counter(
        (span.service, span.name) for span in receiver.spans() if span.trace_id == TRACE_ID
    )


def is_complete(receiver: OtlpReceiver, n_chunks: int) -> bool:
    found = names(receiver)
    once = {
        ("frontend", "POST /backend"),
        ("backend", "POST /v1/uploads/"),
        ("backend", "submit_upload"),
        ("backend", "decoding"),
        ("backend", "detecting_speech"),
        ("backend", "measuring_loudness"),
        ("backend", "transcribing"),
        ("backend", "transcribe_recording"),
    }
    two_pieces = {("frontend", "PATCH /backend"), ("backend", "PATCH /v1/uploads/{upload_id}")}
    each_chunk = {("backend", "transcribe_chunk"), ("llm", "POST /v1/transcribe"), ("llm", "infer")}
    return (
        all(found[name] == 1 for name in once)
        and all(found[name] == 2 for name in two_pieces)
        and all(found[name] >= n_chunks for name in each_chunk)
    )


def assert_one_tree(receiver: OtlpReceiver) -> None:
    """Check that the work of the llm is part of the chunks in the backend."""
    spans = {span.span_id: span for span in receiver.spans() if span.trace_id == TRACE_ID}
    for span in spans.values():
        if span.name == "infer":
            request = spans[span.parent_id]
            call = spans[request.parent_id]
            assert (request.service, call.service) == ("llm", "backend")
            assert spans[call.parent_id].name == "transcribe_chunk"


def logged_traces(service: Service) -> set[str]:
    lines = [line for line in service.log.read_text().splitlines() if line.startswith("{")]
    return {json.loads(line).get("trace_id") for line in lines}
