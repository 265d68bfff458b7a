"""Send recordings of random lengths to the llm, and print its memory and the slope.

`PYTHONPATH=src python -m bench.soak --minutes 30`
"""

import argparse
import random
import time
import wave
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np

from bench.machine import n_cores, this_machine
from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from testbed.services import running_service
from testbed.speech import russian_sentences

_N_SENTENCES = 60
_SHORTEST_S = 0.5
_MAX_AT_ONCE = 12


def main() -> None:
    """Print a row per interval, then the slope over the second half."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--interval", type=float, default=60, help="seconds between two rows")
    parser.add_argument("--threads", type=int, default=n_cores())
    parser.add_argument("--llm", help="URL of a running llm, instead of starting one")
    arguments = parser.parse_args()
    print(this_machine().describe(arguments.threads))
    with ExitStack() as stack:
        url = arguments.llm
        if not url:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            service = running_service(
                "llm",
                folder,
                LLM_MODEL="embedded/whisper-base",
                LLM_THREADS=str(arguments.threads),
                LOG_LEVEL="WARNING",
            )
            url = stack.enter_context(service).url
        samples = _soak(url, 60 * arguments.minutes, arguments.interval)
    slope, error = slope_with_error(samples[len(samples) // 2 :])
    print(f"\nsecond half: {slope:+.0f} ± {error:.0f} MiB an hour (slope and its standard error)")


def _soak(url: str, duration_s: float, interval_s: float) -> list[tuple[float, float]]:
    """Send chunks until the time is over; return hours and MiB of each row."""
    speech = _speech()
    generator = random.Random(0)
    rows: list[tuple[float, float]] = []
    n_chunks, audio_s, started = 0, 0.0, time.monotonic()
    print("| minute | chunks | audio s | memory MiB |\n|---|---|---|---|")
    with httpx.Client(base_url=url, timeout=600) as client, ThreadPoolExecutor() as pool:
        while (elapsed_s := time.monotonic() - started) < duration_s:
            if elapsed_s >= len(rows) * interval_s:
                rows.append((elapsed_s / 3600, _resident_mib(client)))
                print(
                    f"| {elapsed_s / 60:.1f} | {n_chunks} | {audio_s:.0f} | {rows[-1][1]:.0f} |",
                    flush=True,
                )
            chunks = [_cut(speech, generator) for _ in range(generator.randint(1, _MAX_AT_ONCE))]
            wait([pool.submit(_transcribe, client, chunk) for chunk in chunks])
            n_chunks += len(chunks)
            audio_s += sum(map(len, chunks)) / SAMPLE_WIDTH_BYTES / SAMPLE_RATE
    return rows


def _speech() -> bytes:
    pcm = bytearray()
    for sentence in russian_sentences(_N_SENTENCES):
        with wave.open(str(sentence.path)) as file:
            pcm += file.readframes(file.getnframes())
    return bytes(pcm)


def _cut(speech: bytes, generator: random.Random) -> bytes:
    n_samples = round(generator.uniform(_SHORTEST_S, MAX_CHUNK_S) * SAMPLE_RATE)
    first = generator.randrange(len(speech) // SAMPLE_WIDTH_BYTES - n_samples)
    return speech[SAMPLE_WIDTH_BYTES * first :][: SAMPLE_WIDTH_BYTES * n_samples]


def _transcribe(client: httpx.Client, chunk: bytes) -> None:
    headers = {"Content-Type": "application/octet-stream"}
    client.post("/v1/transcribe", content=chunk, headers=headers).raise_for_status()


def _resident_mib(client: httpx.Client) -> float:
    for line in client.get("/metrics").text.splitlines():
        if line.startswith("process_resident_memory_bytes "):
            return float(line.split()[1]) / 2**20
    raise RuntimeError("/metrics has no resident memory")


def slope_with_error(samples: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the slope of a line through the points, and its standard error.

    Raises:
        ValueError: there are fewer than three points.
    """
    if len(samples) < 3:
        raise ValueError("too few rows for a slope: measure for longer")
    x, y = np.array(samples).T
    (slope, intercept), deviation = np.polyfit(x, y, 1), x - x.mean()
    residual = y - (slope * x + intercept)
    variance = float(residual @ residual) / (len(x) - 2)
    return float(slope), (variance / float(deviation @ deviation)) ** 0.5


if __name__ == "__main__":
    main()
