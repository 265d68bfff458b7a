"""Join the voices of overlapping windows into the turns of each speaker."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from backend.pipeline.speakers.clustering import Voices, cluster
from contracts.speakers import SPEAKER_HOP_S, SPEAKER_WINDOW_S, Voice, VoiceSpan, VoiceWindow

STEP_S = 0.01
MAX_GAP_S = 1.0
"""Pauses up to this length, in seconds, belong to the turn around them if nobody speaks in them."""

MIN_TURN_S = 0.1

_HOP_STEPS = round(SPEAKER_HOP_S / STEP_S)
_EDGE_WEIGHT = 0.1


@dataclass(frozen=True)
class SpeakerTurn:
    """A stretch in which a speaker speaks, in seconds; speakers are numbered by appearance."""

    start: float
    end: float
    speaker: int


@dataclass(frozen=True, slots=True)
class _Voice:
    """A turn in a window, in seconds of the recording."""

    window_start_s: float
    window_end_s: float
    start_s: float
    end_s: float


@dataclass
class VoiceCollector:
    """Collects the voices of a recording in little memory: about 1 kB for each turn."""

    _voices: list[_Voice] = field(default_factory=list[_Voice])
    _embeddings: list[NDArray[np.float32]] = field(default_factory=list[NDArray[np.float32]])
    _overlaps: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def add(self, offset_s: float, windows: Iterable[VoiceWindow]) -> None:
        """Add the windows of a stretch of audio that begins at `offset_s`."""
        for window in windows:
            n_before = len(self._voices)
            bounds = window.start + offset_s, window.end + offset_s
            for voice in window.voices:
                for turn, embedding in embedded_turns(voice):
                    self._voices.append(_Voice(*bounds, turn.start + offset_s, turn.end + offset_s))
                    self._embeddings.append(embedding)
            added = range(n_before, len(self._voices))
            self._overlaps += [pair for pair in combinations(added, 2) if self._overlap(*pair)]

    def turns(self, n_speakers: int | None = None) -> list[SpeakerTurn]:
        """Return the turns of all speakers, by start.

        Args:
            n_speakers: how many speakers there are at most; None: unknown.
        """
        if not self._voices:
            return []
        voices = Voices(
            np.stack(self._embeddings),
            np.array([voice.end_s - voice.start_s for voice in self._voices], np.float32),
            self._overlaps,
        )
        labels = cluster(voices, n_speakers).tolist()
        pieces = sorted(_pieces(self._voices, labels))
        return _number_by_appearance(sorted(_joined(pieces), key=itemgetter(0, 1)))

    def _overlap(self, one: int, other: int) -> bool:
        first, second = self._voices[one], self._voices[other]
        return max(first.start_s, second.start_s) < min(first.end_s, second.end_s)


def embedded_turns(voice: Voice) -> Iterator[tuple[VoiceSpan, NDArray[np.float32]]]:
    """Yield the turns of a voice with their embeddings; too short ones have that of the voice."""
    own = [
        None if turn.embedding is None else np.array(turn.embedding, np.float32)
        for turn in voice.turns
    ]
    weighted = [
        embedding * np.float32(turn.end - turn.start)
        for turn, embedding in zip(voice.turns, own, strict=True)
        if embedding is not None
    ]
    if not weighted:
        return
    mean = np.sum(weighted, axis=0)
    mean /= max(float(np.linalg.norm(mean)), 1e-9)
    for turn, embedding in zip(voice.turns, own, strict=True):
        yield turn, mean if embedding is None else embedding


def _pieces(voices: list[_Voice], labels: list[int]) -> Iterator[tuple[int, float, float]]:
    """Yield (speaker, start, end) of every stretch of a hop in which a speaker is active."""
    starts = [voice.window_start_s for voice in voices]
    hops = sorted({round(start / SPEAKER_HOP_S) + n for start in starts for n in (0, 1)})
    for hop in hops:
        begin_s = hop * SPEAKER_HOP_S
        first = bisect_left(starts, begin_s - SPEAKER_WINDOW_S + 1e-6)
        last = bisect_left(starts, begin_s + SPEAKER_HOP_S - 1e-6)
        near = list(zip(voices[first:last], labels[first:last], strict=True))
        for speaker, is_active in _activity(near, begin_s).items():
            for start, end in _runs(is_active):
                yield speaker, begin_s + start * STEP_S, begin_s + end * STEP_S


def _activity(near: list[tuple[_Voice, int]], begin_s: float) -> dict[int, NDArray[np.bool_]]:
    """Return when each speaker is active in a hop; windows count more near their middle."""
    times = begin_s + STEP_S * (np.arange(_HOP_STEPS, dtype=np.float64) + 0.5)
    scores: dict[int, NDArray[np.float64]] = {}
    total = np.zeros(_HOP_STEPS)
    for (start_s, _), group in groupby(near, key=lambda pair: _bounds(pair[0])):
        weight = _weight(times, start_s)
        total += weight
        for voice, speaker in group:
            active = (times >= voice.start_s) & (times < voice.end_s)
            scores[speaker] = scores.get(speaker, np.zeros(_HOP_STEPS)) + weight * active
    return {speaker: score > total / 2 for speaker, score in scores.items()}


def _bounds(voice: _Voice) -> tuple[float, float]:
    return voice.window_start_s, voice.window_end_s


def _weight(times: NDArray[np.floating], start_s: float) -> NDArray[np.floating]:
    half = SPEAKER_WINDOW_S / 2
    distance = np.abs(times - start_s - half) / half
    return np.where(distance <= 1, 1 - (1 - _EDGE_WEIGHT) * distance, 0.0)


def _runs(is_active: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_active.astype(np.int8), [0]])))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


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
        by_start: all pieces, none of which is longer than a hop.
    """
    gap_s = start_s - end_s
    if gap_s < STEP_S:
        return True
    near = by_start[
        bisect_left(by_start, (end_s - SPEAKER_HOP_S,)) : bisect_left(by_start, (start_s,))
    ]
    return gap_s <= MAX_GAP_S and all(end <= end_s for _, end in near)


def _number_by_appearance(turns: list[tuple[float, float, int]]) -> list[SpeakerTurn]:
    numbers: dict[int, int] = {}
    return [
        SpeakerTurn(round(start, 3), round(end, 3), numbers.setdefault(label, len(numbers)))
        for start, end, label in turns
    ]
