"""If these fail, the text stands at the wrong time, out of order, or twice."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.pipeline.assemble import Assembly
from backend.pipeline.chunk import Chunk
from backend.pipeline.vad import SpeechSpan
from contracts.models import ModelIdentity
from contracts.transcription import ChunkSegment, ChunkTimings, ChunkTranscript, Word

RATE = 16_000
MODEL = ModelIdentity(name="m", revision="r", engine="e", device="cpu")


def segment(start: float, end: float, text: str = "да", words: list[Word] | None = None):
    return ChunkSegment(
        start=start, end=end, text=text, avg_logprob=-0.1, no_speech_prob=0,
        compression_ratio=1, words=words,
    )  # fmt: skip


def answer(*segments: ChunkSegment, language: str = "ru") -> ChunkTranscript:
    return ChunkTranscript(
        text=" ".join(one.text for one in segments), language=language, language_probability=1,
        duration_s=10, segments=list(segments), model=MODEL,
        timings=ChunkTimings(queue_s=0, inference_s=1, batch_size=1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("heard", "placed"),
    [
        ((0.0, 5.0), (100.2, 104.8)),  # in the silence around the speech
        ((0.5, 4.5), (100.2, 104.8)),  # a little inside it
        ((0.0, 6.5), (100.2, 104.8)),  # in the middle of the pause that follows
        ((1.5, 3.5), (101.5, 103.5)),  # far inside: a boundary that is no pause
    ],
)
def test_times_are_those_of_the_recording_and_keep_close_to_the_speech(
    heard: tuple[float, float], placed: tuple[float, float]
) -> None:
    spans = [SpeechSpan(int(100.3 * RATE), int(104.7 * RATE)), SpeechSpan(108 * RATE, 109 * RATE)]
    assembly = Assembly(spans, 200, "ru")
    assembly.add(Chunk(100 * RATE, 109 * RATE), answer(segment(*heard, " привет ")))
    only = assembly.transcript().segments[0]
    assert (only.start, only.end, only.text) == (*placed, "привет")


def test_words_move_with_their_segment_and_stay_inside_it() -> None:
    words = [Word(word="да", start=0.0, end=6.0, probability=1)]
    assembly = Assembly([SpeechSpan(10 * RATE, 14 * RATE)], 20, "ru")
    assembly.add(Chunk(10 * RATE, 14 * RATE), answer(segment(0, 4, words=words)))
    only = assembly.transcript().segments[0]
    assert [(word.start, word.end) for word in only.words or []] == [(10, 14.1)]


def test_nothing_said_gives_an_empty_transcript_in_the_language_asked_for() -> None:
    transcript = Assembly([], 3600, "ru").transcript()
    assert (transcript.text, transcript.segments, transcript.language) == ("", [], "ru")


def test_the_language_is_the_one_spoken_longest() -> None:
    assembly = Assembly([], 100, "auto")
    assembly.add(Chunk(0, 5 * RATE), answer(language="en"))
    assembly.add(Chunk(5 * RATE, 30 * RATE), answer(language="ru"))
    assert assembly.transcript().language == "ru"


times = st.floats(0, 30, allow_nan=False)


@given(st.lists(st.lists(st.tuples(times, times), max_size=5), max_size=6))
def test_segments_are_in_order_and_never_overlap(chunks: list[list[tuple[float, float]]]) -> None:
    spans = [SpeechSpan(n * 30 * RATE, (n * 30 + 20) * RATE) for n in range(len(chunks))]
    duration_s = max(30 * len(chunks) - 5, 0)  # the last times may lie past the end
    assembly = Assembly(spans, duration_s, "ru")
    for number, pieces in enumerate(chunks):
        chunk = Chunk(number * 30 * RATE, (number + 1) * 30 * RATE)
        assembly.add(chunk, answer(*(segment(start, end) for start, end in pieces)))
    found = assembly.transcript().segments
    assert [one.index for one in found] == list(range(len(found)))
    assert " ".join(one.text for one in found) == " ".join(["да"] * sum(map(len, chunks)))
    assert all(one.end <= duration_s for one in found)
    assert all(one.start < one.end for one in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
