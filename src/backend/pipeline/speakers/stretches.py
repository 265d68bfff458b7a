"""Cut a recording into the stretches in which voices are looked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backend.pipeline.spans import SpeechSpan
from contracts.audio import SAMPLE_RATE
from contracts.speakers import MAX_VOICE_AUDIO_S

STRETCH_SAMPLES = int(MAX_VOICE_AUDIO_S * SAMPLE_RATE)
"""Samples of a stretch: one request to the llm."""

_OVERLAP_SAMPLES = 5 * SAMPLE_RATE
"""Samples that a stretch shares with the next one: its ends lack the context of one side."""

_ADVANCE = STRETCH_SAMPLES - _OVERLAP_SAMPLES


@dataclass(frozen=True)
class Stretch:
    """A part of a recording that is looked at together.

    Attributes:
        start: its first sample.
        end: the sample after its last one.
        first_s: seconds of the recording from which on its turns count.
        last_s: seconds up to which they count.
    """

    start: int
    end: int
    first_s: float
    last_s: float

    @property
    def start_s(self) -> float:
        """Return its start in seconds of the recording."""
        return self.start / SAMPLE_RATE

    @property
    def length_s(self) -> float:
        """Return its length in seconds."""
        return (self.end - self.start) / SAMPLE_RATE


def stretches(spans: Iterable[SpeechSpan], n_samples: int) -> Iterator[Stretch]:
    """Yield the stretches that have speech; the parts that count do not overlap.

    Args:
        spans: in order and not overlapping.
        n_samples: of the recording.
    """
    coming = iter(spans)
    span = next(coming, None)
    for start in range(0, n_samples, _ADVANCE):
        end = min(start + STRETCH_SAMPLES, n_samples)
        first = start + _OVERLAP_SAMPLES // 2 if start else 0
        last = end - _OVERLAP_SAMPLES // 2 if end < n_samples else n_samples
        while span is not None and span.end <= first:
            span = next(coming, None)
        if span is not None and span.start < last:
            yield Stretch(start, end, first / SAMPLE_RATE, last / SAMPLE_RATE)
        if end == n_samples:
            return
