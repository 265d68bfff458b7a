"""Run exports in separate processes, to kill them or to run several at once.

The processes are forked from a server process that has only loaded the libraries.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import openvino as ov
import pytest

from llm.engines.openvino import export
from llm.engines.protocol import Checkpoint, ComputeType, EngineOptions

BEGUN = "begun"
"""File beside the folder of exports, with one letter per export that was begun."""


def _export(checkpoint: Checkpoint, cache_dir: Path) -> None:
    def count_and_export(work: Callable[..., None], *args: Any) -> None:
        with (cache_dir.parent / BEGUN).open("a") as begun:
            begun.write("x")
        work(*args)

    export.run_in_own_process = count_and_export
    options = EngineOptions("cpu", 1, cache_dir, ComputeType.INT8)
    export.find_or_export(checkpoint, options, ov.Core())


def start_export(
    checkpoint: Checkpoint, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> ForkServerProcess:
    """Start a process that finds or creates an export."""
    # The server process does not inherit sys.path.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_export, args=(checkpoint, cache_dir))
    process.start()
    return process
