"""Starts the services, looks at the page, transcribes a recording: run without a network."""

import sys
from pathlib import Path

import httpx

from integration.client import transcribe
from real_services import running_services


def main() -> None:
    folder, recording, text = map(Path, sys.argv[1:])
    with running_services(folder) as services:
        assert httpx.get(services.frontend.url).is_success
        job = transcribe(services.backend.url, recording)
    assert job.result is not None, job.error
    text.write_text(job.result.text, encoding="utf-8")


if __name__ == "__main__":
    main()
