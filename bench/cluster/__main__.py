"""Simulate the services on several numbers of replicas, and the cost of much speech.

`PYTHONPATH=src python -m bench.cluster [--replicas 1 10 100 1000] [--load 0.7] [--minutes 30]`

Each cluster gets speech for a share (`--load`) of its replicas. The parts over 80 % busy saturate
first. `--help` lists the service times and capacities, which `parameters.py` explains.
"""

import argparse
import dataclasses
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from bench.cluster.parameters import DAY_S, Cluster, Kind, ServiceTimes, Workload
from bench.cluster.simulation import Result, Simulation

Fields = TypeVar("Fields", ServiceTimes, Cluster)

_SATURATED = 0.8
_PERCENTILES = (50, 95, 99)


def main() -> None:
    """Print a line for each number of replicas, then the cost of `--hours` of speech a day."""
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__)
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 4, 10, 100, 1000])
    parser.add_argument("--load", type=float, default=0.7, help="share of the llm's capacity")
    parser.add_argument("--minutes", type=float, default=30.0, help="of simulated time")
    parser.add_argument("--hours", type=float, default=100_000, help="of speech a day")
    parser.add_argument("--peak", type=float, default=2.5, help="the busiest hour over the mean")
    parser.add_argument("--seed", type=int, default=0)
    _add_fields(parser, ServiceTimes())
    _add_fields(parser, Cluster(), without=("n_replicas",))
    arguments = parser.parse_args()
    times = _from_fields(ServiceTimes(), arguments)
    print(f"{'replicas':>9}{'speech/s':>10}{'dictations s: ':>16}", end="")
    print("".join(f"{f'{one} %':>8}" for one in _PERCENTILES), "  busy")
    for n_replicas in arguments.replicas:
        given = _from_fields(Cluster(), arguments)
        cluster = dataclasses.replace(given, n_replicas=n_replicas)
        speech_per_s = arguments.load * cluster.speech_per_s(times)
        simulation = Simulation(
            Workload(), times, cluster, speech_per_s=speech_per_s, seed=arguments.seed
        )
        _print_line(n_replicas, speech_per_s, simulation.run(arguments.minutes * 60))
    _print_cost(arguments.hours, arguments.peak, arguments.load, times)


def _print_line(n_replicas: int, speech_per_s: float, result: Result) -> None:
    latencies = result.latencies[Kind.DICTATION]
    some = np.percentile(latencies, _PERCENTILES) if latencies else [float("nan")] * 3
    shown = sorted(result.busy.items(), key=lambda part: -part[1])
    busy = ", ".join(f"{name} {share:.0%}" + "!" * (share > _SATURATED) for name, share in shown)
    figures = "".join(f"{one:8.2f}" for one in some)
    resent = f"; {result.n_resent} chunks again" if result.n_resent else ""
    print(f"{n_replicas:9}{speech_per_s:10.0f}{'':16}{figures}  {busy}{resent}", flush=True)


def _print_cost(hours: float, peak: float, load: float, times: ServiceTimes) -> None:
    """Print what that much speech takes on any number of machines."""
    core_hours = hours * times.core_s
    cores = hours * 3600 / DAY_S * peak * times.core_s / load
    transactions = times.job_transactions / _mean_job_s() + times.chunk_transactions / times.chunk_s
    peak_per_s = hours * 3600 / DAY_S * peak
    print(f"{hours:.0f} hours of speech a day:")
    print(f"  {core_hours:.0f} core-hours of work")
    print(f"  {cores:.0f} cores for the busiest hour at {load:.0%}: {cores * 24:.0f} core-hours")
    print(f"  {peak_per_s * transactions:.0f} transactions a second in the busiest hour")
    print(f"  {peak_per_s * 2 * Workload().bytes_per_s / 1e6:.0f} MB/s of recordings")


def _mean_job_s() -> float:
    """Return the mean seconds of speech of a recording, of all kinds."""
    kinds = Workload().kinds.values()
    return 1 / sum(each.share_of_speech / each.mean_s for each in kinds)


def _add_fields(
    parser: argparse.ArgumentParser, defaults: ServiceTimes | Cluster, without: Sequence[str] = ()
) -> None:
    for one in dataclasses.fields(defaults):
        if one.name not in without:
            value = getattr(defaults, one.name)
            name = f"--{one.name.replace('_', '-')}"
            parser.add_argument(name, type=type(value), default=value, help=f"default: {value}")


def _from_fields(defaults: Fields, arguments: argparse.Namespace) -> Fields:
    given = {
        one.name: getattr(arguments, one.name)
        for one in dataclasses.fields(defaults)
        if hasattr(arguments, one.name)
    }
    return dataclasses.replace(defaults, **given)


if __name__ == "__main__":
    main()
