"""How far off the time left is that a running job shows.

`PYTHONPATH=src python -m bench.eta RECORDING… [--after 60]`: the real services with the
embedded model transcribe each recording, one after another; what each showed while it ran is
compared with what it took.
"""

import argparse
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import services

_LOOK_S = 1.0
_SHORTEST_S = 5.0
"""Seconds left under which an error in per cent says nothing."""


@dataclass(frozen=True)
class Look:
    """What was shown at a moment: seconds since the start, and seconds left if they were told."""

    at_s: float
    eta_s: float | None


def main() -> None:
    """Print the errors for each recording."""
    parser = argparse.ArgumentParser(prog="eta", description=__doc__)
    parser.add_argument("recordings", nargs="+", type=Path)
    parser.add_argument("--after", type=float, default=60, help="seconds that are not counted")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    with services.started(arguments.threads) as ours:
        for path in arguments.recordings:
            looks, took_s = _watch(ours.backend_url, path)
            print(f"{path.name}: took {took_s:.0f} s", flush=True)
            _print_errors("all of it", looks, took_s)
            later = [look for look in looks if look.at_s >= arguments.after]
            _print_errors(f"after {arguments.after:.0f} s", later, took_s)


def _watch(url: str, path: Path) -> tuple[list[Look], float]:
    """Send a recording; return what it showed while it ran, and the seconds that it took."""
    with path.open("rb") as file:
        sent = {"files": {"file": (path.name, file)}, "data": {"force": "true"}}
        answer = httpx.post(f"{url}/v1/transcriptions", **sent, timeout=600)
    answer.raise_for_status()
    address = f"{url}/v1/transcriptions?limit=1"  # without the text, which would cost time
    looks: list[Look] = []
    started = time.perf_counter()
    while True:
        job = httpx.get(address, timeout=60).json()["items"][0]
        at_s = time.perf_counter() - started
        if job["status"] not in ("queued", "running"):
            return looks, at_s
        looks.append(Look(at_s, job["progress"]["eta_s"]))
        time.sleep(_LOOK_S)


def _print_errors(name: str, looks: list[Look], took_s: float) -> None:
    told = [look for look in looks if look.eta_s is not None and took_s - look.at_s > _SHORTEST_S]
    errors = sorted(abs(look.eta_s / (took_s - look.at_s) - 1) for look in told)
    if not errors:
        print(f"  {name}: nothing was told")
        return
    late = 100 * errors[round(0.9 * (len(errors) - 1))]
    print(
        f"  {name}: {len(told)} of {len(looks)} looks; error median "
        f"{100 * statistics.median(errors):.0f} %, nine in ten under {late:.0f} %",
        flush=True,
    )


if __name__ == "__main__":
    main()
