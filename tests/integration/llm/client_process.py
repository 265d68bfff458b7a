"""Functions to run in separate processes, so that they do not slow the service down."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import httpx


def send_at_once(url: str, chunks: Sequence[bytes]) -> list[int]:
    """Send all chunks at once, one thread each, and return the statuses."""
    with (
        httpx.Client(base_url=url, timeout=300, trust_env=False) as client,
        ThreadPoolExecutor(len(chunks)) as threads,
    ):
        answers = threads.map(
            lambda chunk: client.post("/v1/transcribe?word_timestamps=true", content=chunk), chunks
        )
        return [answer.status_code for answer in answers]


def tick(stop: Connection, tick_s: float) -> None:
    """Tick until a message arrives; send back the longest delay of a tick in seconds.

    This is how late the machine wakes an idle process.
    """
    latest = 0.0
    while True:
        before = time.perf_counter()
        if stop.poll(tick_s):
            break
        latest = max(latest, time.perf_counter() - before - tick_s)
    stop.recv()
    stop.send(latest)
