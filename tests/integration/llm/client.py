"""A client in a process of its own, so that its work is not the service's."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx


def send_at_once(url: str, chunks: Sequence[bytes]) -> list[int]:
    """Send each chunk from a thread of its own; return the statuses."""
    with (
        httpx.Client(base_url=url, timeout=300, trust_env=False) as client,
        ThreadPoolExecutor(len(chunks)) as threads,
    ):
        answers = threads.map(
            lambda chunk: client.post("/v1/transcribe?word_timestamps=true", content=chunk), chunks
        )
        return [answer.status_code for answer in answers]
