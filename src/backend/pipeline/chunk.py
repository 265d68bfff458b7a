"""Cuts a recording into chunks for the model: in its pauses, and nothing spoken left out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import librosa
import numpy as np

from backend.pipeline.pcm import PcmRecording
from backend.pipeline.vad import SpeechSpan
from contracts.audio import SAMPLE_RATE

PADDING_S = 0.3
"""Kept around speech: soft beginnings and endings lie under the detector's threshold. Of 0.1
to 0.6 it is the value at which one sentence in six codecs gave the most alike words."""

MAX_PAUSE_S = 2.0
"""A longer pause is not sent to the model, which may hear words in silence."""

_MIN_FILL = 0.5
"""A chunk is cut at the longest pause after this share of its length."""

_QUIET_WINDOW_S = 0.1
_QUIET_HOP_S = 0.01

QuietestPoint = Callable[[int, int], int]
"""Given samples [start, end), returns the sample at which the audio is quietest."""


@dataclass(frozen=True)
class Chunk:
    """Samples [start, end) of the recording that go to the model together."""

    start: int
    end: int

    @property
    def start_s(self) -> float:
        """Where it begins in the recording, in seconds."""
        return self.start / SAMPLE_RATE

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return (self.end - self.start) / SAMPLE_RATE


def plan_chunks(
    spans: Sequence[SpeechSpan],
    n_samples: int,
    chunk_length_s: float,
    quietest_point: QuietestPoint,
) -> list[Chunk]:
    """Pack speech into chunks of at most `chunk_length_s`, padding included.

    Args:
        spans: what the VAD found, in order and apart from each other.
        n_samples: the recording's length.
        chunk_length_s: seconds.
        quietest_point: asked where to cut speech that has no pause for too long.

    Returns:
        Chunks in order, that do not overlap and together cover every span.
    """
    padding = int(PADDING_S * SAMPLE_RATE)
    budget = int(chunk_length_s * SAMPLE_RATE) - 2 * padding
    pieces = [piece for span in spans for piece in _split(span, budget, quietest_point)]
    groups = list(_pack(pieces, budget))
    return _padded(groups, n_samples, padding)


def quietest_point_of(recording: PcmRecording) -> QuietestPoint:
    """Return the function that finds the quietest 100 ms in a part of a recording."""
    hop = int(_QUIET_HOP_S * SAMPLE_RATE)

    def quietest_point(start: int, end: int) -> int:
        levels = librosa.feature.rms(
            y=recording.read(start, end),
            frame_length=int(_QUIET_WINDOW_S * SAMPLE_RATE),
            hop_length=hop,
            center=True,
        )[0]
        return min(start + int(np.argmin(levels)) * hop, end - 1)

    return quietest_point


def _split(span: SpeechSpan, budget: int, quietest_point: QuietestPoint) -> Iterator[SpeechSpan]:
    start = span.start
    while span.end - start > budget:
        cut = quietest_point(start + budget // 2, start + budget)
        yield SpeechSpan(start, cut)
        start = cut
    yield SpeechSpan(start, span.end)


def _pack(pieces: Sequence[SpeechSpan], budget: int) -> Iterator[SpeechSpan]:
    """Join neighbours while they fit; among the places to cut, take the longest pause."""
    first = 0
    while first < len(pieces):
        last = _last_that_fits(pieces, first, budget)
        if last < len(pieces) - 1 and _pause_after(pieces, last) <= MAX_PAUSE_S * SAMPLE_RATE:
            last = _longest_pause(pieces, first, last, budget)
        yield SpeechSpan(pieces[first].start, pieces[last].end)
        first = last + 1


def _last_that_fits(pieces: Sequence[SpeechSpan], first: int, budget: int) -> int:
    last = first
    while (
        last + 1 < len(pieces)
        and pieces[last + 1].end - pieces[first].start <= budget
        and _pause_after(pieces, last) <= MAX_PAUSE_S * SAMPLE_RATE
    ):
        last += 1
    return last


def _longest_pause(pieces: Sequence[SpeechSpan], first: int, last: int, budget: int) -> int:
    filled = [
        index
        for index in range(first, last + 1)
        if pieces[index].end - pieces[first].start >= _MIN_FILL * budget
    ]
    return max(filled or [last], key=lambda index: (_pause_after(pieces, index), index))


def _pause_after(pieces: Sequence[SpeechSpan], index: int) -> int:
    return pieces[index + 1].start - pieces[index].end


def _padded(groups: Sequence[SpeechSpan], n_samples: int, padding: int) -> list[Chunk]:
    """Widen each group into the pauses around it, at most to the middle of each."""
    chunks: list[Chunk] = []
    for index, group in enumerate(groups):
        before = (groups[index - 1].end + group.start) // 2 if index else 0
        after = (group.end + groups[index + 1].start) // 2 if index + 1 < len(groups) else n_samples
        chunks.append(Chunk(max(group.start - padding, before), min(group.end + padding, after)))
    return chunks
