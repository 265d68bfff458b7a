"""Process the jobs that the queue starts, until they end, and punctuate texts of ended ones."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import structlog
from asgi_correlation_id import correlation_id
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from backend.errors import BackendCrashedError, JobNotFoundError
from backend.metrics import JobMetrics
from backend.notifications import JobNotifier
from backend.queueing.crash_guard import MAX_UNCLEAN_ENDS, CrashGuard
from backend.queueing.job_queue import JobQueue
from backend.storage.database import (
    JobStore,
    PunctuationStore,
    RunStore,
    StartedJob,
    queue_for_file,
)
from backend.storage.disk import retry_on_disk_full
from backend.storage.work_folder import WorkFolder
from backend.transcription.context import JobContext, StepFailedError
from backend.transcription.deduplication import Deduplicator
from backend.transcription.punctuation import TextPunctuator
from backend.transcription.workflow import TranscriptionWorkflow
from contracts.jobs import Job, JobStatus, JobWarning
from contracts.problems import Problem
from servicekit import tracing
from servicekit.errors import ServiceError

log = structlog.get_logger()

_CRASHED = BackendCrashedError(
    f"The service ended unexpectedly {MAX_UNCLEAN_ENDS} times while it worked on this recording."
)


class Worker:
    """Runs the workflow for each job that this process starts.

    Args:
        ended_check_s: seconds between two checks whether a running job was cancelled or deleted.
    """

    def __init__(  # noqa: PLR0913  # one argument for each dependency
        self,
        *,
        workflow: TranscriptionWorkflow,
        punctuator: TextPunctuator,
        deduplicator: Deduplicator,
        queue: JobQueue,
        jobs: JobStore,
        runs: RunStore,
        requests: PunctuationStore,
        work: WorkFolder,
        notifier: JobNotifier,
        metrics: JobMetrics,
        ended_check_s: float,
    ) -> None:
        self._workflow = workflow
        self._punctuator = punctuator
        self._deduplicator = deduplicator
        self._queue = queue
        self._jobs = jobs
        self._runs = runs
        self._requests = requests
        self._work = work
        self._notifier = notifier
        self._metrics = metrics
        self._ended_check_s = ended_check_s
        self._active: set[str] = set()
        self._crash_guard = CrashGuard(runs, notifier, ended_check_s)
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._is_closing = False
        self._abandoned: set[str] = set()

    async def work_on(self, job_id: str) -> None:
        """Process a job to its end, from wherever it stopped.

        Raises:
            SQLAlchemyError: the database is unreachable; the job must be started again.
            CancelledError: the process stops; likewise.
            DBOSWorkflowConflictIDError: another process has taken it over.
        """
        correlation_id.set(job_id)  # also appears in the llm's log
        self._active.add(job_id)
        try:
            await self._process(job_id)
        finally:
            self._active.discard(job_id)

    @property
    def active_jobs(self) -> frozenset[str]:
        """The ids of the jobs that this process works on."""
        return frozenset(self._active)

    def stop(self, job_id: str) -> None:
        """Stop working on a job, if this process does."""
        if task := self._tasks.get(job_id):
            task.cancel()

    async def close(self) -> None:
        """Interrupt all jobs; they continue at the next start."""
        self._is_closing = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._crash_guard.close()

    async def abandon(self) -> None:
        """Stop working on all jobs: other processes have taken them over."""
        tasks = dict(self._tasks)
        self._abandoned |= tasks.keys()
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _process(self, job_id: str) -> None:
        n_unclean_ends = await self._crash_guard.unclean_ends(job_id)
        if n_unclean_ends >= MAX_UNCLEAN_ENDS:
            await self._fail(job_id, _CRASHED.to_problem())
            await self._requests.finish(job_id, JobWarning.PUNCTUATION_FAILED)
        elif n_unclean_ends > 0:
            async with self._crash_guard.alone(job_id):
                await self._begin(job_id)
        else:
            await self._begin(job_id)
        await self._work.remove_pcm(job_id)

    async def _begin(self, job_id: str) -> None:
        started = to_punctuate = None
        if not self._is_closing:
            is_counted = not self._crash_guard.is_counted(job_id)
            started = await self._runs.begin(job_id, datetime.now(UTC), is_counted=is_counted)
            if started is None:
                to_punctuate = await self._requests.begin(job_id, is_counted=is_counted)
        if started or to_punctuate:
            self._crash_guard.started(job_id)
        if self._is_closing:
            raise asyncio.CancelledError
        if started is not None:
            run = JobContext(started.job, started.owner, started.blob, started.queued_at)
            with tracing.continued_trace("transcribe_recording", started.traceparent):
                await self._run(run)
        elif to_punctuate is not None:
            await self._punctuate(to_punctuate)
        self._crash_guard.ended(job_id)

    async def _punctuate(self, started: StartedJob) -> None:
        """Punctuate the text of a completed job, unless it is deleted meanwhile."""
        job_id = started.job.id
        self._tasks[job_id] = task = asyncio.create_task(self._punctuator.punctuate(started))
        try:
            await task
        except SQLAlchemyError:
            raise
        except (asyncio.CancelledError, JobNotFoundError):
            if self._is_closing:
                raise
            if job_id in self._abandoned:
                self._crash_guard.ended(job_id)
                raise
            log.info("punctuation_stopped", job_id=job_id)
        except Exception:
            log.exception("punctuation_crashed", job_id=job_id)
            await self._requests.finish(job_id, JobWarning.PUNCTUATION_FAILED)
        finally:
            self._abandoned.discard(job_id)
            del self._tasks[job_id]

    async def _run(self, run: JobContext) -> None:
        job_id = run.job.id
        started = time.monotonic()
        self._tasks[job_id] = task = asyncio.create_task(self._workflow.run(run))
        watch = asyncio.create_task(self._stop_when_ended(job_id))
        try:
            if await task:
                await self._complete(run, time.monotonic() - started)
            else:
                await self._runs.forget_starts([job_id])  # it waits for its primary
        except StepFailedError as error:
            await self._fail(job_id, error.problem)
        except ServiceError as error:
            await self._fail(job_id, error.to_problem())
        except SQLAlchemyError:
            raise
        except dbos_error.DBOSWorkflowConflictIDError:  # another process has taken it over
            self._crash_guard.ended(job_id)
            raise
        except asyncio.CancelledError:
            if self._is_closing:
                raise
            if job_id in self._abandoned:
                self._crash_guard.ended(job_id)
                raise
            log.info("transcription_stopped", job_id=job_id)
        except Exception:
            log.exception("transcription_crashed", job_id=job_id)
            internal = ServiceError("The service's log has the cause under this request id.")
            await self._fail(job_id, internal.to_problem())
        finally:
            watch.cancel()
            self._abandoned.discard(job_id)
            del self._tasks[job_id]

    async def _stop_when_ended(self, job_id: str) -> None:
        while True:
            await asyncio.sleep(self._ended_check_s)
            if await self._has_ended(job_id):
                self.stop(job_id)
                return

    async def _has_ended(self, job_id: str) -> bool:
        try:
            return (await self._jobs.status(job_id)).is_final
        except JobNotFoundError:
            return True
        except SQLAlchemyError:
            return False

    async def _complete(self, run: JobContext, elapsed_s: float) -> None:
        await self._end(run.job.id, JobStatus.COMPLETED)
        self._metrics.count_ended(JobStatus.COMPLETED)
        job = await self._jobs.get(run.job.id, with_result=False)
        waited_s = (job.started_at - run.queued_at).total_seconds() if job.started_at else 0.0
        if not job.cached:
            self._metrics.observe_transcribed(
                queue_for_file(run.job.file),
                audio_s=job.progress.total_s,
                waited_s=waited_s,
                duration_s=(datetime.now(UTC) - run.queued_at).total_seconds(),
            )
        _log_finished(job, run, waited_s, elapsed_s)

    async def _fail(self, job_id: str, problem: Problem) -> None:
        problem = problem.model_copy(update={"request_id": job_id})
        if await self._end(job_id, JobStatus.FAILED, problem):
            self._metrics.count_ended(JobStatus.FAILED, problem)
            log.warning("transcription_failed", job_id=job_id, type=problem.type)

    async def _end(self, job_id: str, status: JobStatus, error: Problem | None = None) -> bool:
        """End a job and its duplicates; return False if it was cancelled or deleted before."""
        has_ended = await retry_on_disk_full(
            lambda: self._runs.finish(job_id, status, finished_at=datetime.now(UTC), error=error)
        )
        self._notifier.notify(job_id)
        for duplicate in await self._deduplicator.complete_duplicates(job_id):
            await self._queue.submit(duplicate)
        return has_ended


def _log_finished(job: Job, run: JobContext, waited_s: float, elapsed_s: float) -> None:
    audio_s = job.progress.total_s
    log.info(
        "transcription_finished",
        job_id=job.id,
        model=job.model and job.model.name,
        engine=job.model and job.model.engine,
        device=job.model and job.model.device,
        audio_s=audio_s,
        queue_s=round(waited_s, 3),
        decode_s=round(run.prepare_s, 3),
        inference_s=round(run.inference_s, 3),
        rtf=round(elapsed_s / audio_s, 4) if audio_s else None,
        chunks=job.progress.chunks_total,
        cached=job.cached,
    )
