"""How long a job will still take."""

import time

_TRUST_S = 30.0
"""Seconds of its own after which a job's speed counts as much as that of those before it."""


class Pace:
    """The speed of a job, from this moment on.

    Args:
        recent: seconds that this machine took for a second of audio lately, if it is known.
    """

    def __init__(self, recent: float | None) -> None:
        self._recent = recent
        self.skip_to(0.0)

    def skip_to(self, done_s: float) -> None:
        """Begin anew after seconds of audio that cost nothing, being done before."""
        self._done_before_s = done_s
        self._started = time.monotonic()

    def eta_s(self, done_s: float, total_s: float) -> float | None:
        """Return the seconds that are left, or None while nothing can be said."""
        elapsed_s = time.monotonic() - self._started
        newly_done_s = done_s - self._done_before_s
        own = elapsed_s / newly_done_s if newly_done_s > 0 else None
        speed = _blended(own, self._recent, elapsed_s / (elapsed_s + _TRUST_S))
        return None if speed is None else round(speed * (total_s - done_s), 1)


def _blended(own: float | None, recent: float | None, weight: float) -> float | None:
    if own is None or recent is None:
        return own if recent is None else recent
    return weight * own + (1 - weight) * recent
