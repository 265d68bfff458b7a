"""Compare short requests sent at once with the same requests sent one by one.

`PYTHONPATH=src python -m bench.concurrency`
"""

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from bench import services
from bench.machine import n_cores
from testbed.speech import russian_sentences

N_REQUESTS = 20


def main() -> None:
    """Print the seconds of both, and the median of the ratios."""
    parser = argparse.ArgumentParser(prog="concurrency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    paths = [sentence.path for sentence in russian_sentences(N_REQUESTS)]
    ratios: list[float] = []
    with services.started(arguments.threads) as running:
        running.transcribe(paths[0])
        for _ in range(arguments.rounds):
            started = time.perf_counter()
            for path in paths:
                running.transcribe(path)
            one_by_one_s = time.perf_counter() - started
            started = time.perf_counter()
            with ThreadPoolExecutor(N_REQUESTS) as pool:
                list(pool.map(running.transcribe, paths))
            at_once_s = time.perf_counter() - started
            ratios.append(one_by_one_s / at_once_s)
            print(f"one by one {one_by_one_s:.1f} s, at once {at_once_s:.1f} s", flush=True)
    print(f"median ratio of {arguments.rounds} rounds: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
