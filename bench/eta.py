"""Measure the error of the remaining time (`eta_s`) that a running job reports.

`PYTHONPATH=src python -m bench.eta RECORDING… [--after 60]` transcribes each recording with the
embedded model and compares the reported times with the real ones.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import services
from bench.machine import n_cores

_POLL_S = 1.0
_SHORTEST_S = 5.0
"""With fewer seconds left a relative error means nothing."""


@dataclass(frozen=True)
class Reading:
    """The reported `eta_s` at a moment in seconds since the start; None if it was unknown."""

    at_s: float
    eta_s: float | None


def main() -> None:
    """Print the errors of each recording."""
    parser = argparse.ArgumentParser(prog="eta", description=__doc__)
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument(
        "--after", type=float, default=60, help="also print the errors after this many seconds"
    )
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    with services.started(arguments.threads) as running:
        for path in arguments.recordings:
            readings, took_s = _watch(running.backend_url, path)
            print(f"{path.name}: took {took_s:.0f} s", flush=True)
            _print_errors("from the start", readings, took_s)
            later = [reading for reading in readings if reading.at_s >= arguments.after]
            _print_errors(f"after {arguments.after:.0f} s", later, took_s)


def _watch(url: str, path: Path) -> tuple[list[Reading], float]:
    """Transcribe a recording; return the readings and the seconds that it took."""
    with path.open("rb") as file:
        sent = {"files": {"file": (path.name, file)}, "data": {"force": "true"}}
        answer = httpx.post(f"{url}/v1/transcriptions", **sent, timeout=600)
    answer.raise_for_status()
    address = f"{url}/v1/transcriptions?limit=1"  # without the text, which would cost time
    readings: list[Reading] = []
    started = time.perf_counter()
    while True:
        job = httpx.get(address, timeout=60).json()["items"][0]
        at_s = time.perf_counter() - started
        if job["status"] not in ("queued", "running"):
            return readings, at_s
        readings.append(Reading(at_s, job["progress"]["eta_s"]))
        time.sleep(_POLL_S)


def _print_errors(name: str, readings: list[Reading], took_s: float) -> None:
    errors = sorted(
        abs(reading.eta_s / (took_s - reading.at_s) - 1)
        for reading in readings
        if reading.eta_s is not None and took_s - reading.at_s > _SHORTEST_S
    )
    if not errors:
        print(f"  {name}: no time was reported")
        return
    p90 = 100 * errors[round(0.9 * (len(errors) - 1))]
    print(
        f"  {name}: {len(errors)} of {len(readings)} readings; median error "
        f"{100 * statistics.median(errors):.0f} %, 90th percentile {p90:.0f} %",
        flush=True,
    )


if __name__ == "__main__":
    main()
