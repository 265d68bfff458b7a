"""`python -m bench [RECORDING…]`: a table of speed, word errors and peak memory."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench import services
from bench.baselines import WAYS
from bench.checkpoints import ctranslate2_checkpoint, transformers_checkpoint
from bench.default_recording import default_recording, short_sentence
from bench.recordings import Recording, with_reference
from bench.words import word_error_rate

OURS = "speech_transcription, end to end"

_SHORT_S = 30.0
"""Of what is shorter, the second of two calls counts: what is loaded at first use takes longer."""


@dataclass
class Measured:
    """One way with one recording: a value for each round."""

    way: str
    recording: str
    duration_s: float
    seconds: list[float] = field(default_factory=list)
    wer: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def rtf(self) -> float:
        """Median processing seconds per audio second."""
        return statistics.median(self.seconds) / self.duration_s


def main() -> None:
    """Measure, print the table, write the figures as JSON."""
    arguments = _arguments()
    recordings = [with_reference(path) for path in arguments.recordings]
    if arguments.sentence:
        recordings.append(short_sentence())
    recordings = recordings or [default_recording()]
    ways = _chosen(arguments.only)
    rows = {
        (way, recording.path): Measured(way, recording.path.name, recording.duration_s)
        for recording in recordings
        for way in ways
    }
    with ExitStack() as stack:
        ours = (
            services.Services(arguments.backend, arguments.llm)
            if arguments.backend
            else stack.enter_context(services.started(arguments.threads))
        )
        for _ in range(arguments.rounds):
            for recording in recordings:
                for way in ways:
                    _measure(way, recording, rows[way, recording.path], ours, arguments.threads)
    _print_table(list(rows.values()), arguments)
    _write(list(rows.values()), arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "recordings",
        nargs="*",
        type=Path,
        metavar="RECORDING",
        help="with its text in RECORDING.txt or RECORDING.segments.json; "
        "none: minutes of festvox-ru",
    )
    parser.add_argument("--sentence", action="store_true", help="one short sentence, too")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (3)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of every way")
    parser.add_argument("--only", nargs="*", metavar="WORD", help="ways whose name has a WORD")
    parser.add_argument("--backend", help="measure services that run: the backend's URL")
    parser.add_argument("--llm", default="http://127.0.0.1:4321", help="… and the llm's URL")
    parser.add_argument("--json", type=Path, default=Path("bench/results/latest.json"))
    return parser.parse_args()


def _chosen(words: Sequence[str] | None) -> list[str]:
    every = [OURS, *WAYS]
    return [way for way in every if not words or any(word in way for word in words)]


def _measure(
    way: str, recording: Recording, row: Measured, ours: services.Services, threads: int
) -> None:
    calls = [recording.path] * (2 if recording.duration_s < _SHORT_S else 1)
    if way == OURS:
        seconds, text = [ours.transcribe(path) for path in calls][-1]
        row.peak_bytes = sum(ours.peak_bytes().values())
    else:
        seconds, text, peak_bytes = _in_own_process(way, calls, threads)
        row.peak_bytes = max(row.peak_bytes, peak_bytes)
    row.seconds.append(seconds)
    row.wer.append(word_error_rate(recording.text, text))


def _in_own_process(way: str, calls: Sequence[Path], threads: int) -> tuple[float, str, int]:
    """Return the seconds and the text of the last call, and the peak memory."""
    checkpoint: dict[str, Callable[[], Path]] = {
        "ctranslate2": ctranslate2_checkpoint,
        "transformers": transformers_checkpoint,
    }
    model_dir = checkpoint[WAYS[way][0]]()
    output = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.baselines",
            way,
            str(threads),
            str(model_dir),
            *map(str, calls),
        ],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    answer, memory = (json.loads(line) for line in output.splitlines()[-2:])
    return answer["seconds"], answer["text"], memory["peak_bytes"]


def _print_table(rows: Sequence[Measured], arguments: argparse.Namespace) -> None:
    ours = {row.recording: row.seconds for row in rows if row.way == OURS}
    print(f"\n{arguments.threads} threads, medians of {arguments.rounds} interleaved rounds\n")
    print("| recording | way | seconds | RTF | times ours | WER % | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.recording} ({row.duration_s:.0f} s) | {row.way} "
            f"| {statistics.median(row.seconds):.2f} | {row.rtf:.3f} "
            f"| {_times(row.seconds, ours.get(row.recording, []))} "
            f"| {statistics.median(row.wer):.1f} | {row.peak_bytes / 2**20:.0f} |"
        )


def _times(seconds: Sequence[float], ours: Sequence[float]) -> str:
    """Return the median of the rounds' ratios: the machine drifts, but less within a round."""
    ratios = [theirs / own for theirs, own in zip(seconds, ours, strict=False)]
    return f"{statistics.median(ratios):.2f}" if ratios else ""


def _write(rows: Sequence[Measured], arguments: argparse.Namespace) -> None:
    report = {
        "measured_at": datetime.now(UTC).isoformat(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "threads": arguments.threads,
        "rows": [asdict(row) for row in rows],
    }
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"\nwritten to {arguments.json}")


if __name__ == "__main__":
    main()
