"""Cuts a recording into chunks for the model: in pauses, covering all speech."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import librosa
import numpy as np

from backend.pipeline.pcm import PcmRecording
from backend.pipeline.spans import SpeechSpan
from contracts.audio import SAMPLE_RATE

PADDING_S = 0.3
"""Kept around speech: soft beginnings and endings lie under the detector's threshold. Of the
values 0.1 to 0.6, the one at which a sentence in six codecs gave the most similar texts."""

MAX_PAUSE_S = 2.0
"""Longer pauses are not sent to the model, which may hallucinate words in silence."""

_MIN_FILL = 0.5
"""Share of its maximum length after which a chunk may be cut at a pause."""

_RMS_LENGTH_S = 0.1
_RMS_HOP_S = 0.01

QuietestPoint = Callable[[int, int], int]
"""Returns the sample in [start, end) at which the audio is quietest."""


@dataclass(frozen=True)
class Chunk:
    """Samples [start, end) of a recording, transcribed together."""

    start: int
    end: int

    @property
    def start_s(self) -> float:
        """Start in the recording, in seconds."""
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
    start: int = 0,
) -> list[Chunk]:
    """Pack speech into chunks of at most `chunk_length_s`, padding included.

    Args:
        spans: speech spans, in order and not overlapping.
        n_samples: the recording's length.
        chunk_length_s: maximum length of a chunk.
        quietest_point: chooses where to cut a span longer than a chunk.
        start: no chunk begins before this sample.

    Returns:
        Chunks in order that do not overlap and together cover every span.
    """
    padding = int(PADDING_S * SAMPLE_RATE)
    max_samples = int(chunk_length_s * SAMPLE_RATE) - 2 * padding
    short_spans = [part for span in spans for part in _split(span, max_samples, quietest_point)]
    return _pad(list(_pack(short_spans, max_samples)), start, n_samples, padding)


def quietest_point_of(recording: PcmRecording) -> QuietestPoint:
    """Return a function that finds the middle of the quietest 100 ms in part of a recording."""
    hop = int(_RMS_HOP_S * SAMPLE_RATE)

    def quietest_point(start: int, end: int) -> int:
        levels = librosa.feature.rms(
            y=recording.read(start, end),
            frame_length=int(_RMS_LENGTH_S * SAMPLE_RATE),
            hop_length=hop,
            center=True,
        )[0]
        return min(start + int(np.argmin(levels)) * hop, end - 1)

    return quietest_point


def _split(
    span: SpeechSpan, max_samples: int, quietest_point: QuietestPoint
) -> Iterator[SpeechSpan]:
    start = span.start
    while span.end - start > max_samples:
        cut = quietest_point(start + max_samples // 2, start + max_samples)
        yield SpeechSpan(start, cut)
        start = cut
    yield SpeechSpan(start, span.end)


def _pack(spans: Sequence[SpeechSpan], max_samples: int) -> Iterator[SpeechSpan]:
    """Join neighbouring spans while they fit, cutting at the longest of the possible pauses."""
    first = 0
    while first < len(spans):
        last = _last_that_fits(spans, first, max_samples)
        if last < len(spans) - 1 and _pause_after(spans, last) <= MAX_PAUSE_S * SAMPLE_RATE:
            last = _longest_pause(spans, first, last, max_samples)
        yield SpeechSpan(spans[first].start, spans[last].end)
        first = last + 1


def _last_that_fits(spans: Sequence[SpeechSpan], first: int, max_samples: int) -> int:
    last = first
    while (
        last + 1 < len(spans)
        and spans[last + 1].end - spans[first].start <= max_samples
        and _pause_after(spans, last) <= MAX_PAUSE_S * SAMPLE_RATE
    ):
        last += 1
    return last


def _longest_pause(spans: Sequence[SpeechSpan], first: int, last: int, max_samples: int) -> int:
    """Return the index of the span before the longest pause, the latest of equal ones."""
    long_enough = [
        index
        for index in range(first, last + 1)
        if spans[index].end - spans[first].start >= _MIN_FILL * max_samples
    ]
    return max(long_enough or [last], key=lambda index: (_pause_after(spans, index), index))


def _pause_after(spans: Sequence[SpeechSpan], index: int) -> int:
    return spans[index + 1].start - spans[index].end


def _pad(groups: Sequence[SpeechSpan], start: int, n_samples: int, padding: int) -> list[Chunk]:
    """Extend each group into the pauses around it, at most to the middle of each pause."""
    chunks: list[Chunk] = []
    for index, group in enumerate(groups):
        before = (groups[index - 1].end + group.start) // 2 if index else start
        after = (group.end + groups[index + 1].start) // 2 if index + 1 < len(groups) else n_samples
        chunks.append(Chunk(max(group.start - padding, before), min(group.end + padding, after)))
    return chunks
