"""The server-sent events of a job."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from contracts.jobs import Job, Progress
from contracts.transcription import Segment


class EventKind(StrEnum):
    """The kinds of events; the last event is always one of the last three."""

    PROGRESS = "progress"
    SEGMENT = "segment"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class JobEvent:
    """One event of a job.

    Attributes:
        id: grows with each segment; a stream resumes after it.
        data: at the end, the job without its result.
    """

    kind: EventKind
    id: int
    data: Progress | Segment | Job

    @cached_property
    def json(self) -> str:
        """Return the data as JSON; the streams of all followers share an event."""
        return self.data.model_dump_json()

    @cached_property
    def json_without_words(self) -> str:
        """Return the data as JSON; a segment without the times of its words."""
        data = self.data
        return data.without_words().model_dump_json() if isinstance(data, Segment) else self.json
