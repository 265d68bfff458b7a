"""Run a function in a process of its own, so that the memory that it took is free afterwards."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec

Arguments = ParamSpec("Arguments")


class ProcessKilledError(Exception):
    """A process was killed before its function had returned."""


def run_in_own_process(
    work: Callable[Arguments, None], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> None:
    """Call a function in a new process, and wait for it; the process ends with this one.

    The modules that it imports, such as torch, and the pages that its heap keeps stay out of this
    process.

    Args:
        work: a function that a module defines by name.
        args: its arguments; they are pickled.
        kwargs: likewise.

    Raises:
        ProcessKilledError: the process was killed, for instance because memory ran out.
        Exception: raised by `work`.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=_follow_parent) as pool:
        try:
            pool.submit(work, *args, **kwargs).result()
        except BrokenProcessPool as error:
            raise ProcessKilledError("The process was killed; memory may have run out.") from error


def _follow_parent() -> None:
    """End this process when its parent ends, even if that is killed; leave signals to that."""
    for signal_number in (signal.SIGINT, signal.SIGTERM):  # terminals send them to a whole group
        signal.signal(signal_number, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
