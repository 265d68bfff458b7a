"""Send heartbeats to the other backends, and take over the jobs of those that have died."""

from math import ceil

import structlog
from sqlalchemy.exc import SQLAlchemyError

from backend.queueing.job_queue import STEPS_VERSION, JobQueue
from backend.queueing.worker import Worker
from backend.storage.database import BackendStore
from backend.storage.work_folder import WorkFolder

log = structlog.get_logger()


class Liveness:
    """The row of this backend in the database, and those of the others.

    A backend counts as dead once so many checks have seen no new heartbeat of it. Counted checks
    need no common clock, and an unavailable database makes no backend look dead. In a common folder
    a lock that is free shows it at once; see `WorkFolder`.

    Args:
        interval_s: seconds between two heartbeats, and between two checks.
        timeout_s: seconds without a heartbeat after which a backend counts as dead.
    """

    def __init__(  # noqa: PLR0913  # one argument for each dependency
        self,
        *,
        backends: BackendStore,
        queue: JobQueue,
        worker: Worker,
        work: WorkFolder,
        interval_s: float,
        timeout_s: float,
    ) -> None:
        self._backends = backends
        self._queue = queue
        self._worker = worker
        self._work = work
        self._max_missed = ceil(timeout_s / interval_s)
        self._beats: dict[str, int] = {}
        self._missed: dict[str, int] = {}

    async def join(self) -> None:
        """Add this backend to the running ones, before it starts a job."""
        if self._work.previous_process_id:
            await self._backends.remove([self._work.previous_process_id])
        await self._backends.add(self._work.process_id, STEPS_VERSION)

    async def leave(self) -> None:
        """Remove this backend, so that others continue its jobs at once."""
        try:
            await self._backends.remove([self._work.process_id])
        except SQLAlchemyError as error:
            log.warning("clean_end_not_stored", cause=type(error).__name__)

    async def beat(self) -> None:
        """Send a heartbeat, and check those of the others."""
        if not self._backends.is_shared:
            return
        if not await self._backends.beat(self._work.process_id):
            log.warning("declared_dead")  # others have its jobs by now
            await self._worker.abandon()
            await self._backends.add(self._work.process_id, STEPS_VERSION)
        if dead := self._silent(await self._backends.beats()):
            log.warning("backends_died", n_backends=len(dead))
            await self._backends.remove(dead)
            await self.recover_jobs()

    async def recover_jobs(self) -> None:
        """Queue again the jobs of backends that have ended."""
        for process_id in self._work.dead_processes():
            await self._backends.remove([process_id])
        # in this order: a backend that joins meanwhile has started nothing yet
        with_jobs = await self._queue.processes_with_jobs()
        living = {*await self._backends.beats(), self._work.process_id}
        if dead := with_jobs - living:
            await self._queue.recover(dead)

    async def forget_outdated_jobs(self) -> None:
        """Delete the queue's records of jobs that only ended backends could continue."""
        await self._backends.if_all_continue(STEPS_VERSION, self._queue.delete_outdated)

    def _silent(self, beats: dict[str, int]) -> list[str]:
        """Count the checks without a new heartbeat; return the backends that missed too many."""
        self._missed = {
            each: self._missed.get(each, 0) + 1 if self._beats.get(each) == n_beats else 0
            for each, n_beats in beats.items()
            if each != self._work.process_id
        }
        self._beats = beats
        return [each for each, n_missed in self._missed.items() if n_missed >= self._max_missed]
