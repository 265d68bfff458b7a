"""Time dictations and simultaneous uploads beside a long job that many clients follow.

`PYTHONPATH=src python -m bench.followers [--followers 0 500] [--uploads 50] [--rounds 7]`
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import httpx

from bench.cached_answer import repeated
from bench.default_recording import default_recording, short_sentence
from bench.services import peak_bytes
from testbed.instant_llm import StandInLlm, instant_llm
from testbed.services import free_port, running_service

_LLM_DELAY_S = 1.0
_LLM_CONCURRENCY = "3"
_URL = "/v1/transcriptions"


def main() -> None:
    """Print the seconds of dictations and uploads for each number of followers, and the memory."""
    parser = argparse.ArgumentParser(prog="followers", description=__doc__)
    parser.add_argument("--followers", type=int, nargs="+", default=[0, 500])
    parser.add_argument("--uploads", type=int, default=50, help="sent at once after the dictations")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    port = free_port()
    with (
        TemporaryDirectory() as name,
        instant_llm(port, StandInLlm(delay_s=_LLM_DELAY_S, n_words=60)),
        running_service(
            "backend",
            Path(name),
            LLM_URL=f"http://127.0.0.1:{port}",
            LLM_CONCURRENCY=_LLM_CONCURRENCY,
        ) as backend,
        httpx.Client(
            base_url=backend.url, timeout=300, limits=httpx.Limits(max_connections=None)
        ) as client,
    ):
        recording = repeated(default_recording().path, 4.0, Path(name) / "long.wav")
        job = _send(client, recording)
        _wait(client, job, "running", lambda found: found["progress"]["chunks_done"] > 0)
        for n_followers in arguments.followers:
            with _following(client, job, n_followers):
                dictations = [_dictate(client) for _ in range(arguments.rounds)]
                uploads = _upload(client, arguments.uploads)
            print(
                f"{n_followers} followers: dictations {_summary(dictations)}; "
                f"{arguments.uploads} uploads at once {_summary(uploads)}; "
                f"peak of the backend {peak_bytes(backend.url) / 2**20:.0f} MiB",
                flush=True,
            )


def _summary(seconds: list[float]) -> str:
    return f"median {statistics.median(seconds):.2f} s, most {max(seconds):.2f} s"


@contextmanager
def _following(client: httpx.Client, job: str, n_followers: int) -> Generator[None]:
    address = urlsplit(str(client.base_url))
    following = multiprocessing.get_context("spawn").Process(
        target=_follow, args=(address.port, f"{_URL}/{job}/events", n_followers)
    )
    following.start()
    time.sleep(5)
    try:
        yield
    finally:
        following.terminate()
        following.join()


def _dictate(client: httpx.Client) -> float:
    started = time.perf_counter()
    job = _send(client, short_sentence().path)
    _wait(client, job, "completed")
    return time.perf_counter() - started


def _upload(client: httpx.Client, n_uploads: int) -> list[float]:
    """Send a recording of nine minutes as often at once; return the seconds to each answer."""

    def send(_: int) -> float:
        started = time.perf_counter()
        _send(client, default_recording().path)
        return time.perf_counter() - started

    with ThreadPoolExecutor(n_uploads) as pool:
        return list(pool.map(send, range(n_uploads)))


def _send(client: httpx.Client, path: Path) -> str:
    with path.open("rb") as file:
        answer = client.post(_URL, files={"file": file}, data={"force": "true"})
    answer.raise_for_status()
    return answer.json()["id"]


def _wait(client: httpx.Client, job: str, status: str, is_ready=lambda _: True) -> None:
    while True:
        found = client.get(f"{_URL}/{job}").json()
        if found["status"] == status and is_ready(found):
            return
        time.sleep(0.1)


def _follow(port: int, path: str, n_followers: int) -> None:
    async def follow() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        while await reader.read(65_536):
            pass

    async def follow_all() -> None:
        await asyncio.gather(*(follow() for _ in range(n_followers)))

    asyncio.run(follow_all())


if __name__ == "__main__":
    main()
