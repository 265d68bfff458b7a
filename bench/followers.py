"""Time dictations beside a long job that many clients follow.

`PYTHONPATH=src python -m bench.followers [--followers 0 200 400] [--rounds 7]`
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import httpx

from bench.cached_answer import repeated
from bench.default_recording import default_recording, short_sentence
from testbed.instant_llm import StandInLlm, instant_llm
from testbed.services import free_port, running_service

_LLM_DELAY_S = 1.0
_LLM_CONCURRENCY = "3"
_URL = "/v1/transcriptions"


def main() -> None:
    """Print the median of the dictations for each number of followers."""
    parser = argparse.ArgumentParser(prog="followers", description=__doc__)
    parser.add_argument("--followers", type=int, nargs="+", default=[0, 200, 400])
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
        httpx.Client(base_url=backend.url, timeout=300) as client,
    ):
        recording = repeated(default_recording().path, 4.0, Path(name) / "long.wav")
        job = _send(client, recording)
        _wait(client, job, "running", lambda found: found["progress"]["chunks_done"] > 0)
        for n_followers in arguments.followers:
            seconds = _measure(client, job, n_followers, arguments.rounds)
            every = ", ".join(f"{one:.2f}" for one in seconds)
            median_s = statistics.median(seconds)
            print(f"{n_followers} followers: median {median_s:.2f} s ({every})", flush=True)


def _measure(client: httpx.Client, job: str, n_followers: int, rounds: int) -> list[float]:
    address = urlsplit(str(client.base_url))
    following = multiprocessing.get_context("spawn").Process(
        target=_follow, args=(address.port, f"{_URL}/{job}/events", n_followers)
    )
    following.start()
    time.sleep(5)
    try:
        return [_dictate(client) for _ in range(rounds)]
    finally:
        following.terminate()
        following.join()


def _dictate(client: httpx.Client) -> float:
    started = time.perf_counter()
    job = _send(client, short_sentence().path)
    _wait(client, job, "completed")
    return time.perf_counter() - started


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
