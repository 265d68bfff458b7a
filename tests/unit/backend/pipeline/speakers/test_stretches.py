"""If these fail, speech is in no stretch and has no speaker, or silence costs time."""

import pytest

from backend.pipeline.spans import SpeechSpan
from backend.pipeline.speakers.stretches import stretches
from contracts.audio import SAMPLE_RATE
from contracts.speakers import MAX_VOICE_AUDIO_S


def test_all_speech_lies_in_a_stretch_and_long_silence_in_none() -> None:
    minute = 60 * SAMPLE_RATE
    spans = [SpeechSpan(0, 100), SpeechSpan(10 * minute, 11 * minute)]
    found = list(stretches(spans, 60 * minute))
    assert found[0].start == 0
    assert len(found) <= 3
    moments_s = [0, 0.006, *range(600, 660)]
    n_counted = [sum(part.first_s <= at < part.last_s for part in found) for at in moments_s]
    assert n_counted == [1] * len(moments_s)


@pytest.mark.parametrize("seconds", [0.1, 57, 60, 61, 112.4, 115, 190])
def test_each_moment_counts_once_in_a_recording_of_any_length(seconds: float) -> None:
    """Else someone speaks twice at a time, or not at all."""
    n_samples = int(seconds * SAMPLE_RATE)
    found = list(stretches([SpeechSpan(0, n_samples)], n_samples))
    assert found[0].first_s == 0
    assert found[-1].last_s == n_samples / SAMPLE_RATE
    assert [part.last_s for part in found[:-1]] == [part.first_s for part in found[1:]]
    for part in found:
        assert part.start_s <= part.first_s < part.last_s <= part.start_s + part.length_s
        assert part.length_s <= MAX_VOICE_AUDIO_S


def test_without_speech_there_are_no_stretches() -> None:
    assert list(stretches([], SAMPLE_RATE)) == []
