"""Starts the services, opens the page and transcribes a recording; run without a network."""

import sys
from pathlib import Path

import httpx

from integration.client import transcribe
from testbed.services import running_services


def main() -> None:
    folder, recording, text = map(Path, sys.argv[1:])
    environment = {"BIND_ADDRESS": "0.0.0.0", "PUBLISHED_ADDRESS": "127.0.0.1"}
    with running_services(folder, **environment) as services:
        assert httpx.get(services.frontend.url).is_success
        assert connect_from_another_origin(services.frontend.url).status_code == 403
        job = transcribe(services.backend.url, recording)
    assert job.result is not None, job.error
    text.write_text(job.result.text, encoding="utf-8")


def connect_from_another_origin(page_url: str) -> httpx.Response:
    """Open the page's WebSocket like a page of another origin would."""
    handshake = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Origin": "http://elsewhere.example",
    }
    return httpx.get(f"{page_url}/_stcore/stream", headers=handshake)


if __name__ == "__main__":
    main()
