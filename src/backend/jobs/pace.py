"""How long a job will still take."""

import time
from math import exp

_TRUST_S = 30.0
"""Seconds of its own after which a job's speed counts as much as that of those before it."""

_MEMORY_S = 240.0
"""Seconds after which what was measured counts for 1/e: the machine has other work, too."""


class Pace:
    """The speed of a job, from this moment on; its work is counted in seconds of audio.

    Args:
        work_s: all that is to be transcribed.
        at_once_s: what is at the llm at the same time, and comes back together.
        expected_s: seconds that all of it would take at this machine's speed of late, if that
            is known.
    """

    def __init__(self, work_s: float, at_once_s: float, expected_s: float | None) -> None:
        self._left_s = work_s
        self._at_once_s = at_once_s
        # what jobs before it tell counts like so many seconds of its own
        self._spent_s, self._done_s = 0.0, 0.0
        if expected_s:
            self._spent_s, self._done_s = _TRUST_S, _TRUST_S * work_s / expected_s
        self._last = time.monotonic()

    def add(self, audio_s: float) -> None:
        """Count what was transcribed just now."""
        spent_s = self._waited_s()
        self._last += spent_s
        kept = exp(-spent_s / _MEMORY_S)
        self._spent_s = self._spent_s * kept + spent_s
        self._done_s = self._done_s * kept + audio_s
        self._left_s -= audio_s

    def skip(self, audio_s: float) -> None:
        """Leave out what was done before, and costs nothing."""
        self._last = time.monotonic()
        self._left_s -= audio_s

    def eta_s(self) -> float | None:
        """Return the seconds that are left now, or None while nothing can be said."""
        if not self._done_s:
            return None
        waited_s, speed = self._waited_s(), self._spent_s / self._done_s
        under_way_s = min(self._left_s, self._at_once_s)
        if under_way_s > 0:  # it takes longer than thought, and so will the rest
            speed = max(speed, waited_s / under_way_s)
        return round(max(speed * self._left_s - waited_s, 0.0), 1)

    def _waited_s(self) -> float:
        return time.monotonic() - self._last
