"""Export and serve a medium Whisper in processes of their own, and measure their memory."""

import gc
import resource
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from contracts.options import ChunkOptions
from llm.engines.protocol import Checkpoint, ComputeType, EngineOptions
from llm.engines.registry import load_engine
from llm.threads import available_cores


@dataclass(frozen=True)
class Peak:
    """Peak memory of a process in bytes.

    Attributes:
        resident: including the pages of mapped files.
        anonymous: without them, which the system can drop and read again.
    """

    resident: int
    anonymous: int

    def __str__(self) -> str:
        return f"{self.resident / 2**20:.0f} MB, of files {self.mapped / 2**20:.0f} MB at least"

    @property
    def mapped(self) -> int:
        return self.resident - self.anonymous


def in_own_process(work: Callable[..., Any], *args: object) -> Any:
    """Call a function in a new process and return its result."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, *args).result()


def export(
    checkpoint: Checkpoint, cache_dir: Path, assistant: Checkpoint | None = None
) -> tuple[Peak, float]:
    """Load a checkpoint for the first time; return the peak and the seconds."""
    started = time.perf_counter()
    with _anonymous_memory() as most:
        load_engine("auto", checkpoint, _options(cache_dir, assistant)).close()
    return Peak(_resident(), most()), time.perf_counter() - started


def serve(
    checkpoint: Checkpoint,
    cache_dir: Path,
    batches: list[list[float]],
    assistant: Checkpoint | None = None,
) -> tuple[Peak, float, list[list[Any]]]:
    """Load the export and transcribe batches of noise; `batches` has the seconds of each chunk."""
    started = time.perf_counter()
    with _anonymous_memory() as most:
        engine = load_engine("auto", checkpoint, _options(cache_dir, assistant))
        load_s = time.perf_counter() - started
        options = ChunkOptions(word_timestamps=True)
        noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 30).astype(np.float32)
        results = [
            engine.transcribe([noise[: round(16_000 * length)] for length in batch], options)
            for batch in batches
        ]
        identity = engine.identity
    del engine
    gc.collect()
    return Peak(_resident(), most()), load_s, [[identity], *results]


def _options(cache_dir: Path, assistant: Checkpoint | None) -> EngineOptions:
    # The automatic choice, except on a processor that is much faster in floats.
    return EngineOptions(
        "cpu",
        available_cores(),
        cache_dir,
        ComputeType.INT8,
        assistant=assistant,
        draft_tokens=5 if assistant else 0,
    )


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def _anonymous_memory() -> Generator[Callable[[], int]]:
    """Sample the memory every 10 ms; yield a function that returns the maximum."""
    most = 0
    done = threading.Event()

    def sample() -> None:
        nonlocal most
        while not done.wait(0.01):
            status = Path("/proc/self/status").read_text()
            (line,) = [line for line in status.splitlines() if line.startswith("RssAnon")]
            most = max(most, int(line.split()[1]) * 1024)

    watching = threading.Thread(target=sample)
    watching.start()
    try:
        yield lambda: most
    finally:
        done.set()
        watching.join()
