"""If these fail, a voice print is made of other people, or a stranger gets a known name."""

import numpy as np
import pytest

from backend.pipeline.spans import TimeSpan
from backend.pipeline.speakers.voice_prints import (
    MAX_SPEECH_S,
    MIN_CERTAINTY,
    certainty,
    most_alike,
    own_speech,
    voice_print,
)
from contracts.audio import MAX_CHUNK_S
from contracts.speakers import VoiceSpan
from contracts.transcription import Segment
from contracts.voices import MIN_VOICE_SPEECH_S


def said(start: float, end: float, speaker: str | None = "S1", *, overlap: bool = False) -> Segment:
    return Segment(
        index=0, start=start, end=end, text="да", avg_logprob=0.0, no_speech_prob=0.0,
        compression_ratio=1.0, speaker=speaker, overlap=overlap,
    )  # fmt: skip


def at_once(*voices: tuple[float, list[float] | None]) -> list[VoiceSpan]:
    return [
        VoiceSpan(start=0.0, end=seconds, voice=number, embedding=vector)
        for number, (seconds, vector) in enumerate(voices)
    ]


def test_only_what_the_speaker_says_alone_is_used() -> None:
    segments = [
        said(0, 3), said(3, 6, "S2"), said(6, 6.5), said(7, 10, overlap=True), said(10, 14),
        said(14, 20, None),
    ]  # fmt: skip
    assert own_speech(segments, "S1") == [TimeSpan(0, 3), TimeSpan(10, 14)]


def test_too_little_speech_makes_no_print() -> None:
    short = [said(0, MIN_VOICE_SPEECH_S - 0.1)]
    assert own_speech(short, "S1") == []
    assert own_speech([*short, said(60, 61)], "S1") != []


def test_of_a_long_recording_only_the_beginning_is_used() -> None:
    """Else remembering a voice of ten hours would take as long as their transcription."""
    segments = [said(at, at + 50) for at in range(0, 36_000, 50)]
    spans = own_speech(segments, "S1")
    assert sum(span.length_s for span in spans) <= MAX_SPEECH_S + MAX_CHUNK_S
    assert all(span.length_s <= MAX_CHUNK_S for span in spans)


def test_the_print_is_of_the_voice_that_speaks_longest() -> None:
    spans = [at_once((1.0, [0.0, 1.0]), (5.0, [1.0, 0.0])), at_once((2.0, None)), at_once()]
    assert voice_print(spans) == pytest.approx([1.0, 0.0])
    assert voice_print(spans[1:]) is None


def test_the_most_alike_voice_is_suggested_if_it_is_certain_enough() -> None:
    known = {
        "anna": np.array([1.0, 0.0], np.float32),
        "petr": np.array([0.6, 0.8], np.float32),
        "of other networks": np.ones(3, np.float32),
    }
    found = most_alike(np.array([1.0, 0.0], np.float32), known)
    assert found == ("anna", certainty(1.0))
    assert most_alike(np.array([0.0, -1.0], np.float32), known) is None
    assert most_alike(np.array([1.0, 0.0], np.float32), {}) is None


def test_certainty_grows_with_likeness() -> None:
    levels = [certainty(cosine) for cosine in (-1.0, 0.2, 0.5, 0.8, 1.0)]
    assert levels == sorted(levels)
    assert levels[0] == 0
    assert levels[1] < MIN_CERTAINTY < levels[-2] <= levels[-1] < 1
