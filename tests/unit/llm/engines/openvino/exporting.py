"""Exports in processes of their own, to be killed or to run side by side.

The processes are forked from one that has the libraries loaded, and nothing else.
"""

import multiprocessing
import os
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import openvino as ov
import pytest

from llm.engines.openvino import export
from llm.engines.protocol import Checkpoint, ComputeType

MADE = "made"
"""File beside the folder of exports, with a letter for each that was begun."""


def _export(checkpoint: Checkpoint, cache_dir: Path) -> None:
    make = export._export

    def noting(*args: Any) -> None:
        with (cache_dir.parent / MADE).open("a") as made:
            made.write("x")
        make(*args)

    export._export = noting
    export.find_or_export(checkpoint, ComputeType.INT8, cache_dir, ov.Core())


def start_export(
    checkpoint: Checkpoint, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> ForkServerProcess:
    """Return a process that looks for an export, and makes it when there is none."""
    # the server that processes are forked from does not inherit sys.path
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_export, args=(checkpoint, cache_dir))
    process.start()
    return process
