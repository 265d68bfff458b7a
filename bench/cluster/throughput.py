"""Measure the chunks a second of an llm whose engine only sleeps; see `simulated_llm`.

`PYTHONPATH=src:. python -m bench.cluster.throughput http://127.0.0.1:4321 --replicas 4`

By default one batch more than there are replicas is on its way. Linear is the throughput of
replicas that are never idle.
"""

import argparse
import asyncio
import time

import httpx
import numpy as np

from bench.cluster.parameters import Cluster, ServiceTimes
from bench.cluster.simulation import batch_s
from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from llm.settings import LlmSettings

_LENGTH_S = 14.0
_BATCH = LlmSettings.model_fields["llm_max_batch_size"].default


def main() -> None:
    """Print the throughput, its share of the linear one, and the latencies."""
    parser = argparse.ArgumentParser(prog="throughput", description=__doc__)
    parser.add_argument("url", help="of the llm")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--batches", type=int, help="on their way; default: one more than replicas")
    parser.add_argument("--seconds", type=float, default=40.0)
    arguments = parser.parse_args()
    n_batches = arguments.batches or arguments.replicas + 1
    latencies = asyncio.run(_load(arguments.url, n_batches * _BATCH, arguments.seconds))
    one_batch_s = batch_s([_LENGTH_S] * _BATCH, Cluster(), ServiceTimes())
    per_s = len(latencies) / arguments.seconds
    linear = arguments.replicas * _BATCH / one_batch_s
    median, p95 = np.percentile(latencies, (50, 95))
    print(
        f"{arguments.replicas} replicas, {n_batches} batches of {one_batch_s:.2f} s on their way: "
        f"{per_s:.2f} chunks/s, {per_s / linear:.1%} of linear; "
        f"latency {median:.2f} s median, {p95:.2f} s p95",
        flush=True,
    )


async def _load(url: str, n_clients: int, seconds: float) -> list[float]:
    """Return the latencies of the chunks that end in the time, after as long for the start."""
    pcm = bytes(round(_LENGTH_S * SAMPLE_RATE) * SAMPLE_WIDTH_BYTES)
    latencies: list[float] = []
    begin = time.perf_counter() + seconds / 2
    end = begin + seconds

    async def send() -> None:
        while (started := time.perf_counter()) < end:
            answer = await client.post("/v1/transcribe?language=ru", content=pcm)
            answer.raise_for_status()
            ended = time.perf_counter()
            if begin <= ended < end:
                latencies.append(ended - started)

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(
        base_url=url, trust_env=False, timeout=300, limits=limits
    ) as client:
        await asyncio.gather(*(send() for _ in range(n_clients)))
    return latencies


if __name__ == "__main__":
    main()
