"""Time dictations, alone and while a long recording is transcribed.

`PYTHONPATH=src python -m bench.dictation [RECORDING]`
"""

import argparse
import statistics
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import services
from bench.default_recording import default_recording
from bench.machine import n_cores, this_machine
from testbed.speech import russian_sentences

_N_DICTATIONS = 10


def main() -> None:
    """Print the median and the longest time of both."""
    parser = argparse.ArgumentParser(prog="dictation", description=__doc__)
    parser.add_argument("recording", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=n_cores())
    parser.add_argument("--backend", help="URL of a running backend, instead of starting services")
    arguments = parser.parse_args()
    recording = arguments.recording or default_recording().path
    dictations = [sentence.path for sentence in russian_sentences(_N_DICTATIONS)]
    print(this_machine().describe(arguments.threads), flush=True)
    if arguments.backend:
        _measure(services.Services(arguments.backend, ""), recording, dictations, arguments.rounds)
        return
    with services.started(arguments.threads) as running:
        _measure(running, recording, dictations, arguments.rounds)


def _measure(
    running: services.Services, recording: Path, dictations: Sequence[Path], rounds: int
) -> None:
    running.transcribe(dictations[0])
    running.transcribe(recording)
    alone: list[float] = []
    beside: list[float] = []
    for _ in range(rounds):
        alone += [running.transcribe(path)[0] for path in dictations]
        with _transcribed_meanwhile(running, recording):
            beside += [running.transcribe(path)[0] for path in dictations]
    print(_figures("alone", alone))
    print(_figures(f"beside {recording.name}", beside))


@contextmanager
def _transcribed_meanwhile(running: services.Services, recording: Path) -> Iterator[None]:
    """Transcribe a recording again and again."""
    is_over = threading.Event()

    def repeat() -> None:
        while not is_over.is_set():
            running.transcribe(recording)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _figures(name: str, seconds: Sequence[float]) -> str:
    median, longest = statistics.median(seconds), max(seconds)
    return f"dictation {name}: median {median:.2f} s, longest {longest:.2f} s of {len(seconds)}"


if __name__ == "__main__":
    main()
