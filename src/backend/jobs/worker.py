"""Works on the jobs whose turn it is, until they end, one way or another."""

import asyncio
import time
from datetime import UTC, datetime

import structlog
from asgi_correlation_id import correlation_id
from sqlalchemy.exc import SQLAlchemyError

from backend.errors import JobNotFoundError
from backend.jobs.durable import StepFailedError
from backend.jobs.parts import JobParts
from backend.jobs.room import once_there_is_room
from backend.jobs.twins import Twins
from backend.jobs.workflow import Turn, Workflow
from contracts.jobs import Job, JobStatus
from contracts.problems import Problem
from servicekit.errors import ServiceError

log = structlog.get_logger()

_WATCH_S = 1.0
"""Seconds between two looks whether a job was cancelled or deleted, perhaps elsewhere."""


class Worker:
    """What the queue calls for each job, in each process."""

    def __init__(self, parts: JobParts, workflow: Workflow, twins: Twins) -> None:
        self._workflow = workflow
        self._transcriptions = parts.transcriptions
        self._news = parts.news
        self._work = parts.work
        self._metrics = parts.metrics
        self._twins = twins
        self._at_work: set[str] = set()
        self._running: dict[str, asyncio.Task[bool]] = {}
        self._is_closing = False

    async def work_on(self, job_id: str) -> None:
        """Take a job through to its end, from wherever it is.

        Raises:
            SQLAlchemyError: the database is away; the job is to be taken up again.
            CancelledError: the process stops; so is it.
        """
        correlation_id.set(job_id)  # stands in the lines of the llm's log too
        self._at_work.add(job_id)
        try:
            await self._take_through(job_id)
        finally:
            self._at_work.discard(job_id)

    @property
    def at_work(self) -> frozenset[str]:
        """The jobs that are worked on in this process."""
        return frozenset(self._at_work)

    def stop(self, job_id: str) -> None:
        """Drop what is under way for a job, if it is this process that works on it."""
        if task := self._running.get(job_id):
            task.cancel()

    async def close(self) -> None:
        """Put off what is under way, to the next start."""
        self._is_closing = True
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take_through(self, job_id: str) -> None:
        turn = None if self._is_closing else await self._begin(job_id)
        if self._is_closing:
            raise asyncio.CancelledError
        if turn is not None:
            await self._run(turn)
        await self._work.remove_pcm(job_id)

    async def _begin(self, job_id: str) -> Turn | None:
        if not await self._transcriptions.start(job_id, datetime.now(UTC)):
            return None
        try:
            job = await self._transcriptions.find(job_id, with_result=False)
            owner = await self._transcriptions.owner(job_id)
            blob = await self._transcriptions.blob(job_id)
        except JobNotFoundError:
            return None
        assert blob is not None  # it is only dropped once a job has ended
        return Turn(job=job, owner=owner, blob=blob)

    async def _run(self, turn: Turn) -> None:
        job_id = turn.job.id
        started = time.monotonic()
        task = self._running[job_id] = asyncio.create_task(self._workflow.run(turn))
        watch = asyncio.create_task(self._stop_when_over(job_id))
        try:
            if await task:
                await self._complete(turn, time.monotonic() - started)
        except StepFailedError as error:
            await self._fail(job_id, error.problem)
        except ServiceError as error:
            await self._fail(job_id, error.to_problem())
        except SQLAlchemyError:
            raise
        except asyncio.CancelledError:
            if self._is_closing:
                raise
            log.info("transcription_stopped", job_id=job_id)
        except Exception:
            log.exception("transcription_broke", job_id=job_id)
            broke = ServiceError("The service's log has the cause under this request id.")
            await self._fail(job_id, broke.to_problem())
        finally:
            watch.cancel()
            del self._running[job_id]

    async def _stop_when_over(self, job_id: str) -> None:
        while True:
            await asyncio.sleep(_WATCH_S)
            if await self._is_over(job_id):
                self.stop(job_id)
                return

    async def _is_over(self, job_id: str) -> bool:
        try:
            return (await self._transcriptions.status(job_id)).is_final
        except JobNotFoundError:
            return True
        except SQLAlchemyError:
            return False

    async def _complete(self, turn: Turn, elapsed_s: float) -> None:
        await self._end(turn.job.id, JobStatus.COMPLETED)
        self._metrics.count_ended(JobStatus.COMPLETED)
        job = await self._transcriptions.find(turn.job.id, with_result=False)
        self._metrics.count_transcribed(job)
        _log_finished(job, turn, elapsed_s)

    async def _fail(self, job_id: str, problem: Problem) -> None:
        problem = problem.model_copy(update={"request_id": job_id})
        if await self._end(job_id, JobStatus.FAILED, problem):
            self._metrics.count_ended(JobStatus.FAILED)
            log.warning("transcription_failed", job_id=job_id, type=problem.type)

    async def _end(self, job_id: str, status: JobStatus, error: Problem | None = None) -> bool:
        """End a job, unless it was cancelled or deleted; return whether that was us."""
        has_ended = await once_there_is_room(
            lambda: self._transcriptions.finish(
                job_id, status, finished_at=datetime.now(UTC), error=error
            )
        )
        self._news.tell(job_id)
        await self._twins.settle_followers(job_id)
        return has_ended


def _log_finished(job: Job, turn: Turn, elapsed_s: float) -> None:
    audio_s = job.progress.total_s
    waited_s = (job.started_at - job.created_at).total_seconds() if job.started_at else 0.0
    log.info(
        "transcription_finished",
        job_id=job.id,
        model=job.model and job.model.name,
        engine=job.model and job.model.engine,
        device=job.model and job.model.device,
        audio_s=audio_s,
        queue_s=round(waited_s, 3),
        decode_s=round(turn.prepare_s, 3),
        inference_s=round(turn.inference_s, 3),
        rtf=round(elapsed_s / audio_s, 4) if audio_s else None,
        chunks=job.progress.chunks_total,
        cached=job.cached,
    )
