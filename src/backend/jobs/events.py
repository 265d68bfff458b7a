"""What happens to a job, as it happens: read from the database, so that any process can tell."""

from collections.abc import AsyncIterator

from backend.errors import JobNotFoundError
from backend.jobs.news import JobNews
from backend.storage.database import TranscriptionStore
from contracts.events import EventKind, JobEvent
from contracts.jobs import Progress

LOOK_S = 2.0
"""Seconds after which a job is looked at again: it may be in the hands of another process."""


async def job_events(
    transcriptions: TranscriptionStore, news: JobNews, job_id: str, owner: str, after: int
) -> AsyncIterator[JobEvent]:
    """Yield what happens to a job until it ends, or is deleted.

    A segment that grew or changed after it was told is told again.

    Args:
        after: the id of the last event that is known already, 0 for none.
    """
    progress: Progress | None = None
    told: dict[int, int] = {}
    with news.followed(job_id) as follower:
        while True:
            try:
                # the job first: what has ended has all its segments by the time they are read
                job = await transcriptions.find(job_id, owner, with_result=False)
                segments = await transcriptions.segments_since(job_id, after)
            except JobNotFoundError:
                return
            for change, segment in segments:
                after, content = change, hash(segment.model_dump_json())
                if told.get(segment.index) != content:  # else written anew, but the same
                    told[segment.index] = content
                    yield JobEvent(EventKind.SEGMENT, after, segment)
            if job.progress != progress:
                progress = job.progress
                yield JobEvent(EventKind.PROGRESS, after, progress)
            if job.status.is_final:
                yield JobEvent(EventKind(job.status.value), after, job)
                return
            await follower.wait(LOOK_S)
