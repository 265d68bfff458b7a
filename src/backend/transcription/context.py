"""The state of one job while a process works on it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from backend.eta import EtaEstimator
from backend.pipeline.pcm import PcmRecording
from backend.transcription.plan import Plan
from contracts.jobs import Job
from contracts.problems import Problem
from contracts.routing import Route
from contracts.transcription import RecognizedChunk


@dataclass
class JobContext:
    """A job in progress.

    Attributes:
        blob: name of the recording as it was uploaded.
        queued_at: time at which it was last queued.
        prepare_s: seconds spent on decoding, VAD and the chunk plan.
        inference_s: the model's own seconds for the chunks.
        opening: the recognized chunks of the recording's opening.
        opening_chunks_started: set once the steps of all chunks of the opening are numbered.
        has_text: set once a chunk is stored.
    """

    job: Job
    owner: str
    blob: str
    queued_at: datetime
    prepare_s: float = 0.0
    inference_s: float = 0.0
    opening: list[RecognizedChunk] = field(default_factory=list[RecognizedChunk])
    opening_chunks_started: asyncio.Event = field(default_factory=asyncio.Event)
    has_text: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class ChunkContext:
    """Everything that the chunks of one signal of a job share.

    Attributes:
        n_done: how many of them are in the stored result.
        route: the models that serve now.
    """

    run: JobContext
    plan: Plan
    recording: PcmRecording
    route: Route
    eta: EtaEstimator
    n_done: int = 0


class StepFailedError(Exception):
    """A step ended with a problem, now or before a restart."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.type)
        self.problem = problem


class Checkpoint(Protocol):
    """Runs a step of a job once, however often the process restarts."""

    def __call__(self, name: str, work: Callable[[], Awaitable[str]]) -> Awaitable[str]:
        """Return the result of `work`, from now or from before a restart.

        The call itself numbers the step: steps must be started in the same order each time.

        Raises: StepFailedError: `work` raised a ServiceError, now or before a restart.
        """
        ...
