"""Run functions in processes of their own, within limits that the kernel enforces.

A fork server has loaded the modules already, so a process starts within milliseconds. Each call
has a new one: nothing is left from one file to the next, and a crash ends that call only. A process
answers with data, never with pickled objects: the file that it reads may have taken it over.
"""

import asyncio
import errno
import multiprocessing
import os
import signal
import socket
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerProcess
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError

from backend.process_sandbox import Limits, restrict
from servicekit.errors import ServiceError

log = structlog.get_logger()

Report = Callable[[], None]
"""Called by a function from time to time, as a sign of life."""

T = TypeVar("T")

_REPORT_S = 0.1
"""Seconds between two reports that are sent."""

_EXIT_S = 5.0
"""Seconds that a process may take to end after its result."""

_MAX_MESSAGE_BYTES = 2**20

_GROUP_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
"""Terminals and runners send them to every process of a group; the backend alone handles them."""


type_adapter = cache(TypeAdapter[Any])
"""Makes each adapter once: that takes a millisecond."""


class ProcessDiedError(Exception):
    """A process ended without a result."""


class ProcessLimitError(Exception):
    """A process exceeded a limit.

    Attributes:
        limit: `memory` or `time`.
    """

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class _Answer(BaseModel):
    """The last message of a process: a result, or the exception that was raised."""

    result: Any = None
    error: str | None = None
    detail: str = ""
    errno: int | None = None
    is_out_of_memory: bool = False
    traceback: str | None = None


class IsolatedProcesses:
    """Runs functions in processes of their own.

    Args:
        preload: names of the modules that define the functions.
    """

    def __init__(self, preload: Iterable[str]) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([*preload])
        # one thread, because multiprocessing's list of processes is not made for several
        self._starter = ThreadPoolExecutor(1, "processes", initializer=_block_group_signals)

    async def start(self) -> None:
        """Start the fork server; otherwise the first call waits for it."""
        await self._in_starter(forkserver.ensure_running)

    async def run(
        self,
        work: Callable[[Report], T],
        returns: type[T],
        limits: Limits,
        on_report: Callable[[], Awaitable[None]] | None = None,
    ) -> T:
        """Return `work(report)`; the process ends when the caller is cancelled.

        It has ended when this returns, unless it may write no file: then it may take some
        milliseconds more.

        Args:
            work: a function of a preloaded module, or a partial of one.
            returns: type of the result, a dataclass.
            on_report: called after reports, at most ten times a second; may raise to stop the work.

        Raises:
            ServiceError, OSError: raised by `work`.
            ProcessDiedError: the process crashed, or `work` raised another exception.
            ProcessLimitError: it exceeded a limit.
        """
        ours, theirs = socket.socketpair()
        process = self._context.Process(
            target=_run_restricted, args=(theirs, limits, work), daemon=True
        )
        with ours:
            try:
                with theirs:
                    await self._in_starter(partial(_start, process))
                message = await _last_message(ours, limits, on_report)
            except BaseException:
                await self._in_starter(partial(_end, process, wait_s=0.0))
                raise
        end = self._starter.submit(_end, process, _EXIT_S)
        exit_code = None
        # a process that its file has taken over must not write on while others read
        if limits.writable or not message.endswith(b"\n"):
            exit_code = await asyncio.shield(asyncio.wrap_future(end))
        answer = _parse(message, exit_code)
        return type_adapter(returns).validate_python(answer.result)

    async def _in_starter(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._starter, call)


def _block_group_signals() -> None:
    """Block signals in this thread and in the processes that it starts."""
    resource_tracker.ensure_running()  # it would unblock them later
    signal.pthread_sigmask(signal.SIG_BLOCK, _GROUP_SIGNALS)


def _start(process: ForkServerProcess) -> None:
    """Start a process.

    Raises: ProcessDiedError: it, or the fork server, was killed before it had read its work.
    """
    try:
        process.start()
    except (ConnectionError, EOFError) as error:
        raise ProcessDiedError("killed while it started") from error


async def _last_message(
    connection: socket.socket, limits: Limits, on_report: Callable[[], Awaitable[None]] | None
) -> bytes:
    """Return the last message of a process; empty if it ended without one.

    Raises: ProcessLimitError: it was silent for too long.
    """
    reader, writer = await asyncio.open_connection(sock=connection, limit=_MAX_MESSAGE_BYTES)
    try:
        while True:
            async with asyncio.timeout(limits.silent_s):
                line = await reader.readline()
            if line != b"\n":
                return line
            if on_report is not None:
                await on_report()
    except TimeoutError:
        raise ProcessLimitError("time") from None
    except (ValueError, ConnectionError):  # more than any message has; reset
        return b""
    finally:
        writer.close()


def _end(process: ForkServerProcess, wait_s: float) -> int | None:
    """Wait for a process, kill it after that, and return its exit code."""
    if process.pid is None:
        return None
    process.join(wait_s)
    if process.exitcode is None:
        process.kill()
        process.join()
    exit_code = process.exitcode
    process.close()
    return exit_code


def _parse(message: bytes, exit_code: int | None) -> _Answer:
    """Return the answer of a process, or raise what it says.

    Args:
        exit_code: None: nobody has waited for it, because the message is complete.
    """
    if exit_code == -signal.SIGXCPU:
        raise ProcessLimitError("time")
    try:
        answer = _Answer.model_validate_json(message)
    except ValidationError:
        cause = "invalid answer" if exit_code is None else f"exit code {exit_code}"
        raise ProcessDiedError(cause) from None
    if answer.is_out_of_memory:
        raise ProcessLimitError("memory")
    if answer.errno is not None:
        raise OSError(answer.errno, os.strerror(answer.errno))
    if answer.error is not None:
        for kind in _subclasses(ServiceError):
            if kind.__name__ == answer.error:
                raise kind(answer.detail)
        log.warning("isolated_function_failed", cause=answer.error, traceback=answer.traceback)
        raise ProcessDiedError(answer.error)
    return answer


def _subclasses(kind: type[ServiceError]) -> Iterable[type[ServiceError]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _run_restricted(
    connection: socket.socket, limits: Limits, work: Callable[[Report], Any]
) -> None:
    """Run in the new process: apply the limits, do the work, send the answer, and end."""
    try:
        restrict(limits, connection.fileno())
        try:
            result = work(_reporter(connection))
            answer = _Answer(result=type_adapter(type(result)).dump_python(result, mode="json"))
        except Exception as error:  # the backend raises or logs it
            answer = _describe(error)
        connection.sendall(answer.model_dump_json().encode() + b"\n")
    finally:
        os._exit(0)


def _reporter(connection: socket.socket) -> Report:
    sent_at = time.monotonic()

    def report() -> None:
        nonlocal sent_at
        if (now := time.monotonic()) - sent_at >= _REPORT_S:
            sent_at = now
            connection.sendall(b"\n")

    return report


def _describe(error: Exception) -> _Answer:
    """Return an answer without values, except for a ServiceError's sentence."""
    cause = error.__cause__ or error
    if isinstance(cause, MemoryError) or getattr(cause, "errno", None) == errno.ENOMEM:
        return _Answer(is_out_of_memory=True)
    if isinstance(error, ServiceError):
        return _Answer(error=type(error).__name__, detail=error.detail)
    if isinstance(error, OSError) and error.errno is not None:
        return _Answer(errno=error.errno)
    frames = "".join(traceback.format_tb(error.__traceback__))
    return _Answer(error=type(error).__name__, traceback=frames)
