"""Compare two llms with the same model, such as the plain one and one replica on Ray Serve.

`PYTHONPATH=src:. python -m bench.cluster.overhead http://127.0.0.1:4321 http://127.0.0.1:4322`

They take turns, so that a slow minute of the machine affects both.
"""

import argparse
import statistics
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from testbed.speech import russian_sentences

N_CHUNKS = 64
N_ON_THEIR_WAY = 32
"""Two batches: one is computed while the other one waits."""


def main() -> None:
    """Print the seconds of each round, the medians, and the median of the rounds' ratios."""
    parser = argparse.ArgumentParser(prog="overhead", description=__doc__)
    parser.add_argument("url", help="of the first llm")
    parser.add_argument("other_url", help="of the second llm")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    urls = [arguments.url, arguments.other_url]
    chunks = [_pcm(sentence.path) for sentence in russian_sentences(N_CHUNKS)]
    for url in urls:
        _transcribe(url, chunks)
    seconds: dict[str, list[float]] = {url: [] for url in urls}
    for n_round in range(arguments.rounds):
        for url in urls if n_round % 2 == 0 else reversed(urls):
            seconds[url].append(_transcribe(url, chunks))
        print(" ".join(f"{each[-1]:.2f}" for each in seconds.values()), flush=True)
    ratios = [other / one for one, other in zip(*seconds.values(), strict=True)]
    medians = " and ".join(f"{statistics.median(each):.2f} s" for each in seconds.values())
    print(f"medians {medians}; median of the ratios {statistics.median(ratios):.3f}")


def _pcm(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        return file.readframes(file.getnframes())


def _transcribe(url: str, chunks: list[bytes]) -> float:
    """Send chunks, many at once, and return the seconds until the last answer."""

    def send(chunk: bytes) -> None:
        client.post("/v1/transcribe?language=ru", content=chunk).raise_for_status()

    with (
        httpx.Client(base_url=url, trust_env=False, timeout=300) as client,
        ThreadPoolExecutor(N_ON_THEIR_WAY) as pool,
    ):
        started = time.perf_counter()
        list(pool.map(send, chunks))
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
