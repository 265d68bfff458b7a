"""Spans of a recording, in seconds or in samples."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar


@dataclass(frozen=True, order=True)
class TimeSpan:
    """From `start` to `end`, in seconds."""

    start: float
    end: float

    @property
    def length_s(self) -> float:
        """Its length in seconds."""
        return self.end - self.start

    def overlap_s(self, other: "TimeSpan") -> float:
        """Return the seconds that both share."""
        return max(min(self.end, other.end) - max(self.start, other.start), 0.0)

    def part_in(self, other: "TimeSpan") -> "TimeSpan":
        """Return the part of it that lies in another span; its length may be negative."""
        return TimeSpan(max(self.start, other.start), min(self.end, other.end))


@dataclass(frozen=True, order=True)
class SpeechSpan:
    """Samples [start, end) of a recording in which the VAD found speech."""

    start: int
    end: int


Span = TypeVar("Span", TimeSpan, SpeechSpan)


def joined_spans(spans: Iterable[Span], min_pause: float = 0) -> list[Span]:
    """Return spans that cover the same time, in order and not overlapping.

    Args:
        min_pause: shorter pauses between them are covered too, in their own unit.
    """
    joined: list[Span] = []
    for span in sorted(spans):
        pause = span.start - joined[-1].end if joined else min_pause
        if joined and (pause <= 0 or pause < min_pause):
            joined[-1] = replace(joined[-1], end=max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return joined
