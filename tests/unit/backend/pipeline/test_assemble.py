"""If these fail, text gets wrong times, comes out of order, or appears twice."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.pipeline.assemble import Assembly
from backend.pipeline.chunk import Chunk
from backend.pipeline.spans import SpeechSpan
from contracts.models import ModelIdentity
from contracts.report import ReportItem, ReportKind
from contracts.transcription import (
    ChunkSegment,
    ChunkTimings,
    RecognizedChunk,
    Segment,
    Word,
)

SAMPLE_RATE = 16_000
MODEL = ModelIdentity(name="m", revision="r", engine="e", device="cpu")


def chunk_segment(
    start: float, end: float, text: str = "да", words: list[Word] | None = None
) -> ChunkSegment:
    return ChunkSegment(
        start=start, end=end, text=text, avg_logprob=-0.1, no_speech_prob=0,
        compression_ratio=1, words=words,
    )  # fmt: skip


def recognized_chunk(*segments: ChunkSegment, language: str = "ru") -> RecognizedChunk:
    return RecognizedChunk(
        text=" ".join(each.text for each in segments), language=language, language_probability=1,
        duration_s=10, segments=list(segments), model=MODEL,
        timings=ChunkTimings(queue_s=0, inference_s=1, batch_size=1),
    )  # fmt: skip


def chunk(start_s: int, end_s: int) -> Chunk:
    return Chunk(start_s * SAMPLE_RATE, end_s * SAMPLE_RATE)


@pytest.mark.parametrize(
    ("from_model", "placed"),
    [
        ((0.0, 5.0), (100.2, 104.8)),  # in the silence around the speech
        ((0.5, 4.5), (100.2, 104.8)),  # a little inside it
        ((0.0, 6.5), (100.2, 104.8)),  # ends in the middle of the following pause
        ((1.5, 3.5), (101.5, 103.5)),  # far inside: a boundary without a pause
    ],
)
def test_segments_get_times_of_the_recording_and_snap_to_speech(
    from_model: tuple[float, float], placed: tuple[float, float]
) -> None:
    spans = [
        SpeechSpan(int(100.3 * SAMPLE_RATE), int(104.7 * SAMPLE_RATE)),
        SpeechSpan(108 * SAMPLE_RATE, 109 * SAMPLE_RATE),
    ]
    assembly = Assembly(spans, 200, "ru")
    (only,) = assembly.add(
        chunk(100, 109), recognized_chunk(chunk_segment(*from_model, " привет "))
    ).segments
    assert (only.start, only.end, only.text) == (*placed, "привет")


def test_words_move_with_their_segment_and_stay_inside_it() -> None:
    words = [Word(word="да", start=0.0, end=6.0, probability=1)]
    assembly = Assembly([SpeechSpan(10 * SAMPLE_RATE, 14 * SAMPLE_RATE)], 20, "ru")
    added = assembly.add(chunk(10, 14), recognized_chunk(chunk_segment(0, 4, words=words)))
    (only,) = added.segments
    assert [(word.start, word.end) for word in only.words or []] == [(10, 14.1)]


def test_a_chunk_without_text_adds_no_segment() -> None:
    assembly = Assembly([], 3600, "ru")
    assert assembly.add(chunk(0, 30), recognized_chunk()).segments == []
    assert assembly.add(chunk(30, 60), recognized_chunk(chunk_segment(0, 5, "  "))).segments == []


def test_text_past_the_end_extends_the_last_segment_which_is_returned_again() -> None:
    """Otherwise the database keeps the segment without that text."""
    assembly = Assembly([SpeechSpan(0, 10 * SAMPLE_RATE)], 10, "ru")
    (first,) = assembly.add(chunk(0, 5), recognized_chunk(chunk_segment(0, 10, "раз"))).segments
    (extended,) = assembly.add(
        chunk(5, 10), recognized_chunk(chunk_segment(6, 7, "два"), chunk_segment(8, 9, "три"))
    ).segments
    assert first.text == "раз"
    assert extended == first.model_copy(update={"text": "раз два три"})


def test_the_report_of_a_chunk_gets_times_of_the_recording() -> None:
    """The chunk's clock starts before it where audio before it was decoded as well."""
    item = ReportItem(start=1.5, end=9, kind=ReportKind.NOISE, detail="No words.")
    reading = recognized_chunk(chunk_segment(0.2, 1)).model_copy(
        update={"lead_s": 1.0, "report": [item]}
    )
    added = Assembly([SpeechSpan(9 * SAMPLE_RATE, 14 * SAMPLE_RATE)], 15, "ru").add(
        chunk(10, 14), reading
    )
    assert [(one.start, one.end) for one in added.report] == [(10.5, 15)]
    assert added.segments[0].start == pytest.approx(8.9)


def test_a_word_before_the_detected_speech_keeps_its_time() -> None:
    """The detector rises late after music; else the word would move to the following one."""
    words = [
        Word(word="сигнал", start=1.0, end=1.6, probability=1),
        Word(word="дан", start=1.7, end=2.1, probability=1),
    ]
    assembly = Assembly([SpeechSpan(2 * SAMPLE_RATE, 4 * SAMPLE_RATE)], 20, "ru")
    added = assembly.add(chunk(0, 4), recognized_chunk(chunk_segment(1.0, 2.1, words=words)))
    assert [word.start for word in added.segments[0].words or []] == [1.0, 1.7]


def test_a_chunk_in_two_languages_counts_for_both() -> None:
    assembly = Assembly([], 100, "auto")
    reading = recognized_chunk(language="ru")
    assembly.add(
        chunk(0, 20), reading.model_copy(update={"seconds_by_language": {"ru": 8, "en": 12}})
    )
    assert assembly.language == "en"


def test_the_language_is_the_requested_one_until_a_chunk_is_added() -> None:
    assert Assembly([], 3600, "ru").language == "ru"


def test_the_language_is_the_one_spoken_longest() -> None:
    assembly = Assembly([], 100, "auto")
    assembly.add(chunk(0, 5), recognized_chunk(language="en"))
    assembly.add(chunk(5, 30), recognized_chunk(language="ru"))
    assert assembly.language == "ru"


times = st.floats(0, 30, allow_nan=False)


@given(st.lists(st.lists(st.tuples(times, times), max_size=5), max_size=6))
def test_segments_are_in_order_and_never_overlap(chunks: list[list[tuple[float, float]]]) -> None:
    spans = [
        SpeechSpan(n * 30 * SAMPLE_RATE, (n * 30 + 20) * SAMPLE_RATE) for n in range(len(chunks))
    ]
    duration_s = max(30 * len(chunks) - 5, 0)  # the last times may lie past the end
    assembly = Assembly(spans, duration_s, "ru")
    stored: dict[int, Segment] = {}  # by index, as the database stores them
    for n, model_times in enumerate(chunks):
        reading = recognized_chunk(*(chunk_segment(start, end) for start, end in model_times))
        added = assembly.add(chunk(n * 30, (n + 1) * 30), reading).segments
        stored |= {segment.index: segment for segment in added}
    segments = list(stored.values())
    assert [segment.index for segment in segments] == list(range(len(segments)))
    text = " ".join(segment.text for segment in segments)
    assert text == " ".join(["да"] * sum(map(len, chunks)))
    assert all(segment.end <= duration_s for segment in segments)
    assert all(segment.start < segment.end for segment in segments)
    assert all(a.end <= b.start for a, b in pairwise(segments))
