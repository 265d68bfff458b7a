"""Keep a job that crashes the backend from crashing it again and again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from backend.notifications import JobNotifier
from backend.storage.database import RunStore

log = structlog.get_logger()

MAX_UNCLEAN_ENDS = 3
"""Unclean ends of the backend that a job may see without getting any further. Others run beside it,
and a power cut is no fault of it, so that one or two say little."""


class CrashGuard:
    """Counts the starts of jobs that no clean end has followed yet.

    A job with such starts is a suspect: suspects begin one after another, so that the one that
    crashes the backend does not take the others with it.

    Args:
        check_s: most seconds between two checks whether a suspect has got further.
    """

    def __init__(self, runs: RunStore, notifier: JobNotifier, check_s: float) -> None:
        self._runs = runs
        self._notifier = notifier
        self._check_s = check_s
        self._counted: set[str] = set()
        self._suspects = asyncio.Lock()

    async def unclean_ends(self, job_id: str) -> int:
        """Return the unclean ends that a job has seen since it last got further."""
        return await self._runs.unclean_starts(job_id) - (job_id in self._counted)

    def is_counted(self, job_id: str) -> bool:
        """Return whether this process has counted the current start of a job."""
        return job_id in self._counted

    def started(self, job_id: str) -> None:
        """Note that the start of a job was counted."""
        self._counted.add(job_id)

    def ended(self, job_id: str) -> None:
        """Note that a job has ended, or waits, so that its start no longer counts."""
        self._counted.discard(job_id)

    @asynccontextmanager
    async def alone(self, job_id: str) -> AsyncGenerator[None]:
        """Run the body once every other suspect has got further."""
        await self._suspects.acquire()
        further = asyncio.create_task(self._wait_for_progress(job_id))
        further.add_done_callback(lambda _: self._suspects.release())
        try:
            yield
        finally:
            further.cancel()

    async def close(self) -> None:
        """Uncount the starts of this process: it ends cleanly."""
        try:
            await self._runs.forget_starts(self._counted)
        except SQLAlchemyError as error:
            log.warning("clean_end_not_stored", cause=type(error).__name__)

    async def _wait_for_progress(self, job_id: str) -> None:
        with self._notifier.subscribe(job_id) as changes:
            while job_id not in self._counted or await self._is_suspect(job_id):
                await changes.wait(self._check_s)

    async def _is_suspect(self, job_id: str) -> bool:
        try:
            return await self.unclean_ends(job_id) > 0
        except SQLAlchemyError:
            return True
