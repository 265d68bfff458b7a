"""If these fail, long speech is cut in the middle of a word, or pauses reach the model.

`tests/property/test_chunks.py` tests the limits and the coverage of speech for any spans.
"""

from pathlib import Path

import pytest

from audio_files import noise
from backend.pipeline.chunk import MAX_PAUSE_S, plan_chunks, quietest_point_of
from backend.pipeline.pcm import PcmWriter
from backend.pipeline.spans import SpeechSpan
from contracts.audio import SAMPLE_RATE


def spans(*times_s: tuple[float, float]) -> list[SpeechSpan]:
    return [SpeechSpan(int(start * SAMPLE_RATE), int(end * SAMPLE_RATE)) for start, end in times_s]


def cut_nowhere(start: int, end: int) -> int:
    raise AssertionError(f"speech is cut in [{start}, {end})")


def test_speech_without_a_pause_is_cut_where_it_is_quietest(tmp_path: Path) -> None:
    samples = noise(20)
    samples[12 * SAMPLE_RATE : 12 * SAMPLE_RATE + 3_200] *= 0.01
    with PcmWriter(tmp_path / "a.pcm") as writer:
        writer.write(samples)
        recording = writer.recording()
    quietest_point = quietest_point_of(recording)
    first, second = plan_chunks(spans((0, 20)), recording.n_samples, 15, quietest_point)
    assert first.end == second.start
    assert first.end / SAMPLE_RATE == pytest.approx(12.1, abs=0.1)


def test_chunks_are_cut_at_the_longest_pause() -> None:
    chunks = plan_chunks(
        spans((0, 8), (8.3, 12), (13, 15), (15.3, 25)), 30 * SAMPLE_RATE, 20, cut_nowhere
    )
    assert [chunk.start_s for chunk in chunks] == [0, pytest.approx(12.7)]


def test_a_long_pause_is_sent_to_no_chunk() -> None:
    pause_s = MAX_PAUSE_S + 0.1
    chunks = plan_chunks(spans((0, 2), (2 + pause_s, 6)), 6 * SAMPLE_RATE, 30, cut_nowhere)
    assert [chunk.end - chunk.start for chunk in chunks] == [
        pytest.approx(int(2.3 * SAMPLE_RATE), abs=1),
        pytest.approx(int((6 - 2 - pause_s + 0.3) * SAMPLE_RATE), abs=1),
    ]
