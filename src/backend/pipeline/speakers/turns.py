"""Join the turns of the voices in all stretches into the turns of each speaker."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from backend.pipeline.speakers.clustering import Voices, cluster
from backend.pipeline.speakers.stretches import Stretch
from contracts.speakers import MAX_VOICE_TURN_S, VoiceSpan

MAX_GAP_S = 1.0
"""Pauses up to this length, in seconds, belong to the turn around them if nobody speaks in them."""

MIN_TURN_S = 0.1

_STEP_S = 0.02
"""Seconds; turns this near to each other follow without a pause."""

Embedding = NDArray[np.float32]
"""Shape (size,), of length 1."""


@dataclass(frozen=True)
class SpeakerTurn:
    """A stretch in which a speaker speaks, in seconds; speakers are numbered by appearance."""

    start: float
    end: float
    speaker: int


@dataclass
class VoiceCollector:
    """Collects the turns of voices of a recording in little memory: about 1 kB for each."""

    _spans: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    _embeddings: list[Embedding] = field(default_factory=list[Embedding])
    _overlaps: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def add(self, stretch: Stretch, turns: Iterable[VoiceSpan]) -> None:
        """Add the turns that were found in a stretch; leave out what does not count there."""
        n_before = len(self._spans)
        for turn, embedding in embedded_turns(turns):
            start = max(turn.start + stretch.start_s, stretch.first_s)
            end = min(turn.end + stretch.start_s, stretch.last_s)
            if start < end:
                self._spans.append((start, end))
                self._embeddings.append(embedding)
        added = range(n_before, len(self._spans))
        self._overlaps += [pair for pair in combinations(added, 2) if self._overlap(*pair)]

    def turns(self, n_speakers: int | None = None) -> list[SpeakerTurn]:
        """Return the turns of all speakers, by start.

        Args:
            n_speakers: how many speakers there are at most; None: unknown.
        """
        if not self._spans:
            return []
        voices = Voices(
            np.stack(self._embeddings),
            np.array([end - start for start, end in self._spans], np.float32),
            self._overlaps,
        )
        labels = cluster(voices, n_speakers).tolist()
        pieces = sorted(
            (speaker, start, end) for (start, end), speaker in zip(self._spans, labels, strict=True)
        )
        return _number_by_appearance(sorted(_joined(pieces), key=itemgetter(0, 1)))

    def _overlap(self, one: int, other: int) -> bool:
        (start, end), (other_start, other_end) = self._spans[one], self._spans[other]
        return max(start, other_start) < min(end, other_end)


def embedded_turns(turns: Iterable[VoiceSpan]) -> Iterator[tuple[VoiceSpan, Embedding]]:
    """Yield turns with their embeddings; a short one has that of the voice's nearest turn."""
    every = list(turns)
    for turn in every:
        own = [other for other in every if other.voice == turn.voice and other.embedding]
        nearest = min(own, key=lambda other: _distance_s(turn, other), default=None)
        if nearest is not None:
            yield turn, np.array(nearest.embedding, np.float32)


def _distance_s(turn: VoiceSpan, other: VoiceSpan) -> float:
    return max(turn.start - other.end, other.start - turn.end, 0.0) if turn is not other else -1.0


def _joined(pieces: list[tuple[int, float, float]]) -> Iterator[tuple[float, float, int]]:
    """Yield the turns of each speaker, with short pauses filled and blips dropped."""
    by_start = sorted((start, end) for _, start, end in pieces)
    for speaker, group in groupby(pieces, key=itemgetter(0)):
        start_s = end_s = -1.0
        for _, start, end in group:
            if end_s >= 0 and _goes_on(by_start, end_s, start):
                end_s = end
                continue
            if end_s - start_s >= MIN_TURN_S:
                yield start_s, end_s, speaker
            start_s, end_s = start, end
        if end_s - start_s >= MIN_TURN_S:
            yield start_s, end_s, speaker


def _goes_on(by_start: list[tuple[float, float]], end_s: float, start_s: float) -> bool:
    """Return whether a turn that ends goes on later: after a short pause in which nobody speaks.

    Args:
        by_start: all pieces, none of which is longer than `MAX_VOICE_TURN_S`.
    """
    gap_s = start_s - end_s
    if gap_s < _STEP_S:
        return True
    first = bisect_left(by_start, (end_s - MAX_VOICE_TURN_S - _STEP_S,))
    near = by_start[first : bisect_left(by_start, (start_s,))]
    return gap_s <= MAX_GAP_S and all(end <= end_s for _, end in near)


def _number_by_appearance(turns: list[tuple[float, float, int]]) -> list[SpeakerTurn]:
    numbers: dict[int, int] = {}
    return [
        SpeakerTurn(round(start, 3), round(end, 3), numbers.setdefault(label, len(numbers)))
        for start, end, label in turns
    ]
