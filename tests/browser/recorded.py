"""Transcribed recordings, for visits that start with a finished text."""

import time

import httpx

from contracts.jobs import Job
from speech_corpus import russian_sentences
from testbed.services import Services

HOSTILE_NAME = "<img src=x onerror=alert(1)> **b** :smile:.wav"
NAMES = ("Собрание отдела.wav", "Собрание совета.wav", HOSTILE_NAME)

_DONE_S = 240


def transcribe_some(services: Services) -> list[Job]:
    """Transcribe a recording under each of the names; return the jobs, oldest first."""
    with httpx.Client(base_url=services.backend.url, trust_env=False, timeout=60) as backend:
        started = []
        for name, sentence in zip(NAMES, russian_sentences(len(NAMES)), strict=True):
            files = {"file": (name, sentence.path.read_bytes())}
            answer = backend.post("/v1/transcriptions", files=files, data={"force": "true"})
            started.append(answer.raise_for_status().json()["id"])
        return [_wait_until_done(backend, job_id) for job_id in started]


def _wait_until_done(backend: httpx.Client, job_id: str) -> Job:
    deadline = time.monotonic() + _DONE_S
    while time.monotonic() < deadline:
        job = Job.model_validate_json(backend.get(f"/v1/transcriptions/{job_id}").content)
        if job.status.is_final:
            return job
        time.sleep(0.3)
    raise TimeoutError("the recording is not transcribed")
