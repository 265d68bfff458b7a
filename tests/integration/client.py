"""A user's programme: sends a recording to the backend and waits for its text."""

import time
from pathlib import Path

import httpx

from contracts.jobs import Job

POLL_S = 0.2
PATIENCE_S = 900


def send(backend_url: str, file: Path, **options: object) -> httpx.Response:
    """Return the answer to the request, whatever it is."""
    with file.open("rb") as content:
        return httpx.post(
            f"{backend_url}/v1/transcriptions",
            files={"file": (file.name, content)},
            data={key: str(value) for key, value in options.items()},
            timeout=120,
        )


def transcribe(backend_url: str, file: Path, **options: object) -> Job:
    """Send a recording and return its job when that has ended."""
    answer = send(backend_url, file, **options)
    assert answer.status_code == 202, answer.text
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        job = Job.model_validate_json(httpx.get(backend_url + answer.headers["Location"]).content)
        if job.status.is_final:
            return job
        time.sleep(POLL_S)
    raise TimeoutError("the job did not end")
