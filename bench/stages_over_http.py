"""Time the stages of a recording, and its first text.

`PYTHONPATH=src python -m bench.stages_over_http RECORDING [--diarization none auto] [--rounds 3]`

Several ways of diarization take turns in each round, after one round that is not counted.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx

from bench import services
from bench.machine import n_cores, this_machine
from contracts.events import EventKind


def main() -> None:
    """Print when each stage begins and the first text comes, in seconds, and the medians."""
    parser = argparse.ArgumentParser(prog="stages_over_http", description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--language", default="ru")
    parser.add_argument("--diarization", nargs="+", default=["none"])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    print(this_machine().describe(arguments.threads), flush=True)
    totals: dict[str, list[float]] = {way: [] for way in arguments.diarization}
    with services.started(arguments.threads) as running:
        for round_number in range(arguments.rounds + 1):
            for way, counted in totals.items():
                options = {"language": arguments.language, "diarization": way}
                print(f"round {round_number}, diarization {way}")
                seconds = 0.0
                for seconds, stage in _stages(running.backend_url, arguments.recording, options):
                    print(f"{seconds:6.2f} s  {stage}", flush=True)
                if round_number:
                    counted.append(seconds)
    for way, counted in totals.items():
        print(f"diarization {way}: median {median(counted):.2f} s of {len(counted)}")


def _stages(url: str, recording: Path, options: dict[str, str]) -> Iterator[tuple[float, str]]:
    """Send a recording as the page does, and yield its stages and its first text."""
    started = time.perf_counter()
    with recording.open("rb") as file:
        answer = httpx.post(
            f"{url}/v1/transcriptions",
            files={"file": (recording.name, file)},
            data=options | {"low_latency": "true", "force": "true"},
            timeout=600,
        )
    answer.raise_for_status()
    yield time.perf_counter() - started, "received"
    stage, has_text = None, False
    address = f"{url}/v1/transcriptions/{answer.json()['id']}"
    with httpx.stream("GET", f"{address}/events", timeout=600) as events:
        kind = ""
        for line in events.iter_lines():
            if line.startswith("event:"):
                kind = line.removeprefix("event:").strip()
            elif line.startswith("data:") and kind == EventKind.PROGRESS:
                found = json.loads(line.removeprefix("data:"))["stage"]
                if found not in (stage, None):
                    stage = found
                    yield time.perf_counter() - started, found
            elif line.startswith("data:") and kind == EventKind.SEGMENT and not has_text:
                has_text = True
                yield time.perf_counter() - started, "first text"


if __name__ == "__main__":
    main()
