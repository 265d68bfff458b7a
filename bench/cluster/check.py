"""Compare the simulation with a real run of the llm's batching at 1, 2 and 4 replicas.

`PYTHONPATH=src python -m bench.cluster.check [--replicas 1 2 4] [--seconds 60]`

The same chunks are sent at the same moments to the simulation and to real queues of
`llm.batching`, whose engine sleeps for as long as the simulated one. What differs is what the
simulation leaves out: threads, locks and the event loop.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import simpy
from prometheus_client import CollectorRegistry

from bench.cluster.parameters import Cluster, ServiceTimes
from bench.cluster.simulation import Chunk, Replica, batch_s
from contracts.audio import SAMPLE_RATE
from llm.batching import MAX_BATCH_AUDIO_S, BatchQueue
from llm.engines.protocol import BetweenSteps, Samples
from llm.metrics import InferenceMetrics

_LOAD = 0.8
_MEAN_LENGTH_S = 14.0
_LENGTHS_S = (1.0, 27.0)
_QUEUE_SIZE = 100_000

Arrivals = list[tuple[float, float, int]]
"""Time, length in seconds and replica of each chunk, in order."""


@dataclass(frozen=True)
class _Item:
    samples: Samples
    batch_key: object = None
    parallel_audio_s: float = MAX_BATCH_AUDIO_S


def main() -> None:
    """Print the percentiles of the chunks' latencies, simulated and real."""
    parser = argparse.ArgumentParser(prog="check", description=__doc__)
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    print(f"{'replicas':>9}{'chunks':>8}   {'50 %, 95 %, mean: simulated':32}real")
    for n_replicas in arguments.replicas:
        cluster = Cluster(n_replicas=n_replicas)
        chunks = arrivals(cluster, ServiceTimes(), arguments.seconds)
        simulated = simulate(chunks, cluster, ServiceTimes())
        real = asyncio.run(run(chunks, cluster, ServiceTimes()))
        print(
            f"{n_replicas:9}{len(chunks):8}   {_figures(simulated):32}{_figures(real)}", flush=True
        )


def arrivals(cluster: Cluster, times: ServiceTimes, seconds: float) -> Arrivals:
    """Return chunks at random moments, which keep the replicas busy for most of the time."""
    chance = random.Random(0)
    core_s = times.chunk_overhead_s + _MEAN_LENGTH_S * times.llm_core_s
    per_s = _LOAD * cluster.n_replicas * cluster.replica_cores / core_s
    found: Arrivals = []
    moment_s = chance.expovariate(per_s)
    while moment_s < seconds:
        found.append((moment_s, chance.uniform(*_LENGTHS_S), chance.randrange(cluster.n_replicas)))
        moment_s += chance.expovariate(per_s)
    return found


def simulate(chunks: Arrivals, cluster: Cluster, times: ServiceTimes) -> list[float]:
    """Return the simulated latency of each chunk, in seconds."""
    env = simpy.Environment()
    replicas = [Replica(env, cluster, times) for _ in range(cluster.n_replicas)]
    latencies: list[float] = []

    def send(moment_s: float, length_s: float, replica: int):
        yield env.timeout(moment_s)
        chunk = Chunk(length_s, env.now, env.event())
        replicas[replica].add(chunk)
        yield chunk.done
        latencies.append(env.now - moment_s)

    env.run(until=env.all_of([env.process(send(*chunk)) for chunk in chunks]))
    return latencies


async def run(chunks: Arrivals, cluster: Cluster, times: ServiceTimes) -> list[float]:
    """Send the chunks to real queues; return the latency of each, in seconds."""

    def infer(items: Sequence[_Item], _: BetweenSteps) -> list[None]:
        lengths = [len(item.samples) / SAMPLE_RATE for item in items]
        time.sleep(batch_s(lengths, cluster, times))
        return [None] * len(items)

    async def send(moment_s: float, length_s: float, replica: int) -> float:
        await asyncio.sleep(moment_s)
        started = time.perf_counter()
        samples = np.zeros(round(length_s * SAMPLE_RATE), np.float32)
        await queues[replica].submit(_Item(samples))
        return time.perf_counter() - started

    with ExitStack() as stack:
        queues = [
            BatchQueue[_Item, None](
                "simulated",
                infer,
                stack.enter_context(ThreadPoolExecutor(1)),
                InferenceMetrics(CollectorRegistry()),
                max_batch_size=cluster.max_batch,
                queue_size=_QUEUE_SIZE,
            )
            for _ in range(cluster.n_replicas)
        ]
        running = [asyncio.create_task(queue.run()) for queue in queues]
        try:
            return await asyncio.gather(*(send(*chunk) for chunk in chunks))
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def _figures(latencies: Sequence[float]) -> str:
    median, p95 = np.percentile(latencies, (50, 95))
    return f"{median:.2f}, {p95:.2f}, {np.mean(latencies):.2f} s"


if __name__ == "__main__":
    main()
