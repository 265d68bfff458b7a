"""Cut a recording into the stretches in which voices are looked for."""

from collections.abc import Iterable, Iterator

from backend.pipeline.spans import SpeechSpan
from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE
from contracts.speakers import SPEAKER_HOP_S, SPEAKER_WINDOW_S

STRETCH_SAMPLES = int(MAX_CHUNK_S * SAMPLE_RATE)
"""Samples of a stretch: one request to the llm."""

_ADVANCE = STRETCH_SAMPLES - int((SPEAKER_WINDOW_S - SPEAKER_HOP_S) * SAMPLE_RATE)
"""Stretches overlap, so that the windows of all of them are one hop apart."""


def stretches(spans: Iterable[SpeechSpan], n_samples: int) -> Iterator[int]:
    """Yield the sample at which each stretch that has speech starts.

    Args:
        spans: in order and not overlapping.
        n_samples: of the recording.
    """
    coming = iter(spans)
    span = next(coming, None)
    for start in range(0, n_samples, _ADVANCE):
        while span is not None and span.end <= start:
            span = next(coming, None)
        if span is not None and span.start < start + STRETCH_SAMPLES:
            yield start
