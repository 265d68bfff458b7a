"""Join the voices of overlapping windows into the turns of each speaker."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from backend.pipeline.speakers.clustering import Voices, cluster
from contracts.speakers import SPEAKER_HOP_S, SPEAKER_WINDOW_S, VoiceWindow

STEP_S = 0.01
MAX_GAP_S = 0.5
"""Pauses up to this length, in seconds, belong to the turn around them."""

MIN_TURN_S = 0.1

_HOP_STEPS = round(SPEAKER_HOP_S / STEP_S)
_EDGE_WEIGHT = 0.1


@dataclass(frozen=True)
class SpeakerTurn:
    """A stretch in which a speaker speaks, in seconds; speakers are numbered by appearance."""

    start: float
    end: float
    speaker: int


@dataclass
class _Voice:
    window_start_s: float
    window_end_s: float
    turns: NDArray[np.float32]
    seconds: float


@dataclass
class VoiceCollector:
    """Collects the voices of a recording in little memory: about 1 kB for each."""

    _voices: list[_Voice] = field(default_factory=list[_Voice])
    _embeddings: list[NDArray[np.float32]] = field(default_factory=list[NDArray[np.float32]])
    _windows: list[int] = field(default_factory=list[int])
    _n_windows: int = 0

    def add(self, offset_s: float, windows: Iterable[VoiceWindow]) -> None:
        """Add the windows of a stretch of audio that begins at `offset_s`."""
        for window in windows:
            for voice in window.voices:
                if voice.embedding is None:
                    continue
                turns = np.array(voice.turns, np.float32) + np.float32(offset_s)
                seconds = float((turns[:, 1] - turns[:, 0]).sum())
                start, end = window.start + offset_s, window.end + offset_s
                self._voices.append(_Voice(start, end, turns, seconds))
                self._embeddings.append(np.array(voice.embedding, np.float32))
                self._windows.append(self._n_windows)
            self._n_windows += 1

    def turns(self, n_speakers: int | None = None) -> list[SpeakerTurn]:
        """Return the turns of all speakers, by start.

        Args:
            n_speakers: how many speakers there are at most; None: unknown.
        """
        if not self._voices:
            return []
        voices = Voices(
            np.stack(self._embeddings),
            np.array([voice.seconds for voice in self._voices], np.float32),
            np.array(self._windows, np.intp),
        )
        labels = cluster(voices, n_speakers).tolist()
        pieces = sorted(_pieces(self._voices, labels))
        return _number_by_appearance(sorted(_joined(pieces), key=itemgetter(0, 1)))


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
            active = np.zeros(_HOP_STEPS, np.bool_)
            for turn_start, turn_end in voice.turns:
                active |= (times >= turn_start) & (times < turn_end)
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
    for speaker, group in groupby(pieces, key=itemgetter(0)):
        start_s = end_s = -1.0
        for _, start, end in group:
            if end_s >= 0 and start - end_s <= MAX_GAP_S:
                end_s = end
                continue
            if end_s - start_s >= MIN_TURN_S:
                yield start_s, end_s, speaker
            start_s, end_s = start, end
        if end_s - start_s >= MIN_TURN_S:
            yield start_s, end_s, speaker


def _number_by_appearance(turns: list[tuple[float, float, int]]) -> list[SpeakerTurn]:
    numbers: dict[int, int] = {}
    return [
        SpeakerTurn(round(start, 3), round(end, 3), numbers.setdefault(label, len(numbers)))
        for start, end, label in turns
    ]
