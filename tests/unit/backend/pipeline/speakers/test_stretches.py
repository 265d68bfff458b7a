"""If these fail, speech is in no stretch and has no speaker, or silence costs time."""

from backend.pipeline.spans import SpeechSpan
from backend.pipeline.speakers.stretches import STRETCH_SAMPLES, stretches
from contracts.audio import SAMPLE_RATE


def test_all_speech_lies_in_a_stretch_and_long_silence_in_none() -> None:
    minute = 60 * SAMPLE_RATE
    spans = [SpeechSpan(0, 100), SpeechSpan(10 * minute, 11 * minute)]
    starts = list(stretches(spans, 60 * minute))
    assert starts[0] == 0
    assert len(starts) <= 5
    covered = [range(start, start + STRETCH_SAMPLES) for start in starts]
    moments = [0, 99, *range(10 * minute, 11 * minute, SAMPLE_RATE)]
    assert all(any(moment in stretch for stretch in covered) for moment in moments)


def test_without_speech_there_are_no_stretches() -> None:
    assert list(stretches([], SAMPLE_RATE)) == []
