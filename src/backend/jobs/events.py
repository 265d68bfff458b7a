"""Stream the changes of a job, read from the database, so that any process can serve them."""

from collections.abc import AsyncGenerator

from backend.errors import JobNotFoundError
from backend.notifications import JobNotifier
from backend.storage.database import JobStore, TranscriptStore
from contracts.events import EventKind, JobEvent
from contracts.jobs import Progress


class JobEvents:
    """The event streams of jobs.

    Args:
        poll_s: seconds between two reads of a job that another process may work on.
    """

    def __init__(
        self, jobs: JobStore, transcripts: TranscriptStore, notifier: JobNotifier, poll_s: float
    ) -> None:
        self._jobs = jobs
        self._transcripts = transcripts
        self._notifier = notifier
        self._poll_s = poll_s

    async def follow(self, job_id: str, owner: str, after: int = 0) -> AsyncGenerator[JobEvent]:
        """Yield the events of a job until it ends or is deleted.

        A segment that changes after it was sent is sent again.

        Args:
            after: id of the last event that the client has; 0: none.
        """
        progress: Progress | None = None
        sent: dict[int, int] = {}
        with self._notifier.subscribe(job_id) as subscription:
            while True:
                try:
                    # the job first: a job that has ended has all of its segments
                    job = await self._jobs.get(job_id, owner, with_result=False)
                    segments = await self._transcripts.segments_since(job_id, after)
                except JobNotFoundError:
                    return
                for change, segment in segments:
                    after, content = change, hash(segment.model_dump_json())
                    if sent.get(segment.index) != content:  # rewritten rows may be equal
                        sent[segment.index] = content
                        yield JobEvent(EventKind.SEGMENT, after, segment)
                if job.progress != progress:
                    progress = job.progress
                    yield JobEvent(EventKind.PROGRESS, after, progress)
                if job.status.is_final:
                    yield JobEvent(EventKind(job.status.value), after, job)
                    return
                await subscription.wait(self._poll_s)
