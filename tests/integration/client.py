"""A minimal client of the backend: sends a recording and waits for its job to end."""

import time
from pathlib import Path

import httpx

from contracts.jobs import Job

POLL_S = 0.2
TIMEOUT_S = 900


def send(backend_url: str, file: Path, **options: object) -> httpx.Response:
    """Send a recording and return the response, successful or not."""
    with file.open("rb") as content:
        return httpx.post(
            f"{backend_url}/v1/transcriptions",
            files={"file": (file.name, content)},
            data={key: str(value) for key, value in options.items()},
            timeout=120,
        )


def transcribe(backend_url: str, file: Path, **options: object) -> Job:
    """Send a recording and return its job once it has ended."""
    answer = send(backend_url, file, **options)
    assert answer.status_code == 202, answer.text
    return ended(backend_url + answer.headers["Location"])


def ended(job_url: str) -> Job:
    """Return the job at an address once it has ended."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        job = Job.model_validate_json(httpx.get(job_url).content)
        if job.status.is_final:
            return job
        time.sleep(POLL_S)
    raise TimeoutError("the job did not end")
