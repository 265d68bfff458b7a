"""Compare speed, word errors and peak memory: `python -m bench [RECORDING…]`."""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench import services
from bench.baselines import BASELINES
from bench.checkpoints import ctranslate2_checkpoint, transformers_checkpoint
from bench.default_recording import default_recording, short_sentence
from bench.machine import Machine, n_cores, this_machine
from bench.medium import compare as compare_medium
from bench.recordings import Recording, with_reference
from bench.words import n_words, word_error_rate

BASE, MEDIUM = "whisper-base", "medium-synthetic"

SERVICES = "speech_transcription, end to end"

_SHORT_S = 30.0
"""A shorter recording is sent twice and the second call counts: the first one loads code."""


@dataclass
class Measurement:
    """One system on one recording, with a value per round.

    Attributes:
        seconds: from sending the file to its text.
        wer: word error rate in percent.
    """

    system: str
    recording: str
    duration_s: float
    n_words: int
    seconds: list[float] = field(default_factory=list)
    wer: list[float] = field(default_factory=list)
    peak_bytes: int = 0

    @property
    def rtf(self) -> float:
        """Return the median of processing seconds per second of audio; lower is better."""
        return statistics.median(self.seconds) / self.duration_s


def main() -> None:
    """Measure every system on every recording, print a table and write the figures as JSON."""
    arguments = _arguments()
    if arguments.model == MEDIUM:
        compare_medium(arguments.rounds, arguments.threads)
        return
    recordings = [with_reference(path) for path in arguments.recordings] or [default_recording()]
    if arguments.sentence:
        recordings.append(short_sentence())
    systems = _selected(arguments.only)
    machine = this_machine()
    print(machine.describe(arguments.threads), flush=True)
    rows = {
        (system, recording.path): Measurement(
            system, recording.path.name, recording.duration_s, n_words(recording.text)
        )
        for recording in recordings
        for system in systems
    }
    with ExitStack() as stack:
        running = (
            services.Services(arguments.backend, arguments.llm)
            if arguments.backend
            else stack.enter_context(services.started(arguments.threads))
        )
        for _ in range(arguments.rounds):
            for recording in recordings:
                for system in systems:
                    row = rows[system, recording.path]
                    _measure(system, recording, row, running, arguments.threads)
    _print_table(list(rows.values()), arguments.rounds)
    _write_json(list(rows.values()), machine, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "recordings",
        nargs="*",
        type=Path,
        metavar="RECORDING",
        help="a file with its text in RECORDING.txt or RECORDING.segments.json "
        "(default: sixty sentences of festvox-ru)",
    )
    parser.add_argument("--sentence", action="store_true", help="add one short sentence")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default: 3)")
    parser.add_argument(
        "--threads", type=int, default=n_cores(), help="threads of each system (default: all cores)"
    )
    parser.add_argument(
        "--model",
        choices=[BASE, MEDIUM],
        default=BASE,
        help=f"{MEDIUM}: the default model's architecture with random weights, engines only",
    )
    parser.add_argument("--only", nargs="*", metavar="WORD", help="systems whose name has a WORD")
    parser.add_argument("--backend", help="URL of a running backend, instead of starting services")
    parser.add_argument("--llm", default="http://127.0.0.1:4321", help="URL of its llm")
    parser.add_argument("--json", type=Path, default=Path("bench/results/latest.json"))
    return parser.parse_args()


def _selected(words: Sequence[str] | None) -> list[str]:
    systems = [SERVICES, *BASELINES]
    return [system for system in systems if not words or any(word in system for word in words)]


def _measure(
    system: str,
    recording: Recording,
    row: Measurement,
    running: services.Services,
    threads: int,
) -> None:
    calls = [recording.path] * (2 if recording.duration_s < _SHORT_S else 1)
    if system == SERVICES:
        seconds, text = [running.transcribe(path) for path in calls][-1]
        row.peak_bytes = sum(running.peak_bytes().values())
    else:
        seconds, text, peak_bytes = _in_own_process(system, calls, threads)
        row.peak_bytes = max(row.peak_bytes, peak_bytes)
    row.seconds.append(seconds)
    row.wer.append(word_error_rate(recording.text, text))


def _in_own_process(system: str, calls: Sequence[Path], threads: int) -> tuple[float, str, int]:
    """Return the seconds and the text of the last call, and the peak memory in bytes."""
    checkpoint: dict[str, Callable[[], Path]] = {
        "ctranslate2": ctranslate2_checkpoint,
        "transformers": transformers_checkpoint,
    }
    model_dir = checkpoint[BASELINES[system][0]]()
    command = [sys.executable, "-m", "bench.baselines", system, str(threads), str(model_dir)]
    output = subprocess.run(
        [*command, *map(str, calls)], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    answer, memory = (json.loads(line) for line in output.splitlines()[-2:])
    return answer["seconds"], answer["text"], memory["peak_bytes"]


def _print_table(rows: Sequence[Measurement], rounds: int) -> None:
    reference = {row.recording: row.seconds for row in rows if row.system == SERVICES}
    print(f"\nMedians of {rounds} interleaved rounds; rtf: seconds per second of audio.\n")
    print("| recording | system | seconds | rtf | times ours | WER % | words | peak MiB |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.recording} ({row.duration_s:.0f} s) | {row.system} "
            f"| {statistics.median(row.seconds):.2f} | {row.rtf:.3f} "
            f"| {_median_ratio(row.seconds, reference.get(row.recording, []))} "
            f"| {statistics.median(row.wer):.1f} | {row.n_words} "
            f"| {row.peak_bytes / 2**20:.0f} |"
        )


def _median_ratio(seconds: Sequence[float], reference: Sequence[float]) -> str:
    """Return the median of the rounds' ratios: a machine drifts less within a round."""
    ratios = [each / ours for each, ours in zip(seconds, reference, strict=False)]
    return f"{statistics.median(ratios):.2f}" if ratios else ""


def _write_json(
    rows: Sequence[Measurement], machine: Machine, arguments: argparse.Namespace
) -> None:
    report = {
        "measured_at": datetime.now(UTC).isoformat(),
        "machine": asdict(machine),
        "threads": arguments.threads,
        "rows": [asdict(row) | {"rtf": row.rtf} for row in rows],
    }
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    print(f"\nFigures written to {arguments.json}")


if __name__ == "__main__":
    main()
