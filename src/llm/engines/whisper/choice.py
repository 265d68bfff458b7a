"""Choose among the attempts at a chunk."""

from collections.abc import Sequence

from contracts.thresholds import MIN_AVG_LOGPROB
from llm.engines.whisper.attempt import Attempt

MAX_LOGPROB_LOSS = 0.5
"""Most that an attempt with fewer quality issues may have lost of the mean log-probability.

On real speech, readings at temperatures up to 0.6 lose at most 0.4 of the greedy one's; what loses
more has wrong words. See docs/PERFORMANCE.md, "Quality checks".
"""


def choose_attempt(attempts: Sequence[Attempt]) -> Attempt:
    """Return the attempt to keep.

    It is the one with the fewest quality issues, then the most probable, among those that are not
    much less probable than the best: a check can be wrong about a good text, and a text that the
    model finds far less probable is no remedy. The probability of a loop says nothing, so it is no
    reference for others, and counts as the lowest that passes the checks.

    Args:
        attempts: at one chunk; at least one.
    """
    best = max((one.avg_logprob for one in attempts if not one.is_loop), default=0.0)
    plausible = [
        one for one in attempts if one.is_loop or one.avg_logprob >= best - MAX_LOGPROB_LOSS
    ]
    return max(plausible, key=_quality)


def _quality(attempt: Attempt) -> tuple[int, float, float]:
    logprob = attempt.avg_logprob
    credited = min(logprob, MIN_AVG_LOGPROB) if attempt.is_loop else logprob
    return -len(attempt.quality_issues), credited, logprob
