"""Stream the changes of a job, read from the database, so that any process can serve them.

All clients of this process that follow a job share a feed, which reads each change once.
"""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import attrgetter

from backend.errors import JobNotFoundError
from backend.notifications import JobNotifier
from backend.storage.database import JobStore
from contracts.events import EventKind, JobEvent
from contracts.jobs import Job
from contracts.transcription import Segment

_INTERVAL_S = 0.004
_MAX_INTERVAL_S = 2.0
"""Time between two reads, for each follower and at most: to send an event to one takes part of a
millisecond, in which this process does nothing else."""


@dataclass(frozen=True)
class _Snapshot:
    """The state of a feed after one read.

    Attributes:
        n_segments: length of the feed's log of segments.
        progress: the last event of that kind; the same object until the progress changes.
        final: the job's last event, once it has ended.
        error: why there are no more snapshots; JobNotFoundError if the job was deleted.
        is_outdated: set when there is a newer snapshot.
    """

    n_segments: int = 0
    progress: JobEvent | None = None
    final: JobEvent | None = None
    error: Exception | None = None
    is_outdated: asyncio.Event = field(default_factory=asyncio.Event)


class _Feed:
    """Reads a job again whenever it changes, and keeps its events for all followers."""

    def __init__(self, jobs: JobStore, job_id: str, owner: str):
        self.n_streams = 0
        self.snapshot = _Snapshot()
        self._jobs = jobs
        self._job_id = job_id
        self._owner = owner
        self._change = 0
        self._log: list[JobEvent] = []
        self._latest: dict[int, JobEvent] = {}

    @property
    def has_ended(self) -> bool:
        """Whether there will be no further snapshot."""
        return self.snapshot.final is not None or self.snapshot.error is not None

    def start(self, notifier: JobNotifier, poll_s: float) -> None:
        """Read until the job ends or is deleted, or a read fails."""
        self._task = asyncio.create_task(self._run(notifier, poll_s))

    def stop(self) -> None:
        """Stop to read."""
        self._task.cancel()

    def segments(self, after: int, n_segments: int) -> list[JobEvent]:
        """Return the events of segments after an id, without those that were changed since."""
        start = bisect_right(self._log, after, key=attrgetter("id"))
        return [
            event
            for event in self._log[start:n_segments]
            if isinstance(event.data, Segment) and self._latest[event.data.index] is event
        ]

    async def _run(self, notifier: JobNotifier, poll_s: float) -> None:
        with notifier.subscribe(self._job_id) as subscription:
            while True:
                try:
                    job, segments = await self._jobs.get_with_changes(
                        self._job_id, self._owner, self._change
                    )
                except Exception as error:  # each follower raises it
                    self._publish(_Snapshot(error=error))
                    return
                self._add(segments)
                self._publish(self._snapshot_of(job))
                if job.status.is_final:
                    return
                await asyncio.sleep(min(self.n_streams * _INTERVAL_S, _MAX_INTERVAL_S))
                await subscription.wait(poll_s)

    def _add(self, segments: Sequence[tuple[int, Segment]]) -> None:
        for change, segment in segments:
            self._change = change
            event = JobEvent(EventKind.SEGMENT, change, segment)
            known = self._latest.get(segment.index)
            if known is None or known.json != event.json:  # rewritten rows may be equal
                self._latest[segment.index] = event
                self._log.append(event)

    def _snapshot_of(self, job: Job) -> _Snapshot:
        progress = self.snapshot.progress
        if progress is None or progress.data != job.progress:
            progress = JobEvent(EventKind.PROGRESS, self._change, job.progress)
        final = None
        if job.status.is_final:
            final = JobEvent(EventKind(job.status.value), self._change, job)
        return _Snapshot(len(self._log), progress, final)

    def _publish(self, snapshot: _Snapshot) -> None:
        outdated, self.snapshot = self.snapshot, snapshot
        outdated.is_outdated.set()


class JobEvents:
    """The event streams of jobs.

    Args:
        poll_s: seconds between two reads of a job that another process may work on.
    """

    def __init__(self, jobs: JobStore, notifier: JobNotifier, poll_s: float) -> None:
        self._jobs = jobs
        self._notifier = notifier
        self._poll_s = poll_s
        self._feeds: dict[tuple[str, str], _Feed] = {}

    @property
    def n_streams(self) -> int:
        """The number of open streams."""
        return sum(feed.n_streams for feed in self._feeds.values())

    async def follow(self, job_id: str, owner: str, after: int = 0) -> AsyncGenerator[JobEvent]:
        """Yield the events of a job until it ends or is deleted.

        A segment that changes after it was sent is sent again.

        Args:
            after: id of the last event that the client has; 0: none.
        """
        progress: JobEvent | None = None
        with self._following(job_id, owner) as feed:
            while True:
                snapshot = feed.snapshot
                for event in feed.segments(after, snapshot.n_segments):
                    after = event.id
                    yield event
                if snapshot.progress is not progress:
                    progress = snapshot.progress
                    if progress is not None:
                        yield progress
                if snapshot.final is not None:
                    yield snapshot.final
                    return
                if isinstance(snapshot.error, JobNotFoundError):
                    return
                if snapshot.error is not None:
                    raise snapshot.error
                await snapshot.is_outdated.wait()

    @contextmanager
    def _following(self, job_id: str, owner: str) -> Generator[_Feed]:
        """Provide the feed of a job, which runs as long as it has followers."""
        key = job_id, owner
        feed = self._feeds.get(key)
        if feed is None or feed.has_ended:
            feed = self._feeds[key] = _Feed(self._jobs, job_id, owner)
            feed.start(self._notifier, self._poll_s)
        feed.n_streams += 1
        try:
            yield feed
        finally:
            feed.n_streams -= 1
            if not feed.n_streams:
                feed.stop()
                if self._feeds.get(key) is feed:
                    del self._feeds[key]
