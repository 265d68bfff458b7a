"""Estimate how long a running job will still take, and keep the stored ETA up to date."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from math import exp

from sqlalchemy.exc import SQLAlchemyError

from backend.errors import DiskFullError
from backend.storage.database import RunStore

_PRIOR_S = 30.0
"""Weight of earlier jobs' RTF, in seconds of the job's own time."""

_MEMORY_S = 240.0
"""Seconds after which a measurement's weight falls to 1/e: the machine's load changes."""

_OVERDUE = 1.25
"""Expected time of an overdue answer, as a multiple of the time it has taken so far."""

_FIRST_S = 0.2
"""Seconds after which the ETA is stored for the first time: a short dictation has ended by then."""


class EtaEstimator:
    """Estimates the seconds left of one job, from its own RTF and that of earlier jobs.

    Args:
        audio_s: seconds of audio to be transcribed.
        concurrent_s: seconds of audio that are at the llm at the same time.
        expected_s: time for all of it at the RTF of earlier jobs; None: unknown.
    """

    def __init__(self, audio_s: float, concurrent_s: float, expected_s: float | None) -> None:
        self._remaining_s = audio_s
        self._concurrent_s = concurrent_s
        self._spent_s, self._done_s = 0.0, 0.0
        if expected_s:
            self._spent_s, self._done_s = _PRIOR_S, _PRIOR_S * audio_s / expected_s
        self._updated_at = time.monotonic()

    def add(self, audio_s: float) -> None:
        """Count audio that has just been transcribed."""
        spent_s = self._elapsed_s()
        self._updated_at += spent_s
        decay = exp(-spent_s / _MEMORY_S)
        self._spent_s = self._spent_s * decay + spent_s
        self._done_s = self._done_s * decay + audio_s
        self._remaining_s -= audio_s

    def skip(self, audio_s: float) -> None:
        """Leave out audio whose transcript was stored already."""
        self._updated_at = time.monotonic()
        self._remaining_s -= audio_s

    def eta_s(self) -> float | None:
        """Return the seconds left, or None while nothing was measured."""
        if not self._done_s:
            return None
        elapsed_s, rtf = self._elapsed_s(), self._spent_s / self._done_s
        in_flight_s = min(self._remaining_s, self._concurrent_s)
        if in_flight_s > 0:  # an overdue answer raises the RTF for the rest as well
            rtf = max(rtf, _OVERDUE * elapsed_s / in_flight_s)
        return round(max(rtf * self._remaining_s - elapsed_s, 0.0), 1)

    def _elapsed_s(self) -> float:
        return time.monotonic() - self._updated_at


@asynccontextmanager
async def stored_eta(
    runs: RunStore, job_id: str, estimator: EtaEstimator, interval_s: float
) -> AsyncGenerator[None]:
    """Store a job's ETA at regular intervals, while the body waits for the llm."""

    async def update() -> None:
        await asyncio.sleep(min(_FIRST_S, interval_s))
        while True:
            with suppress(SQLAlchemyError, DiskFullError):  # the next update may succeed
                await runs.set_eta(job_id, estimator.eta_s())
            await asyncio.sleep(interval_s)

    updates = asyncio.create_task(update())
    try:
        yield
    finally:
        updates.cancel()
        await asyncio.gather(updates, return_exceptions=True)
