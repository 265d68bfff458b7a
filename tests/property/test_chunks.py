"""If these fail, speech is not sent to the model, or is sent twice."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.pipeline.chunk import Chunk, plan_chunks
from backend.pipeline.spans import SpeechSpan

SAMPLE_RATE = 16_000


@st.composite
def recordings(draw: st.DrawFn) -> tuple[list[SpeechSpan], int]:
    """Draw speech spans in order, up to a minute long, and the length of the recording."""
    spans, position = [], 0
    for _ in range(draw(st.integers(0, 30))):
        position += draw(st.integers(1, 4 * SAMPLE_RATE))
        length = draw(st.integers(1, 60 * SAMPLE_RATE))
        spans.append(SpeechSpan(position, position + length))
        position += length
    return spans, position + draw(st.integers(0, 4 * SAMPLE_RATE))


def cut_anywhere(seed: int):
    """Return a `QuietestPoint` that cuts at an arbitrary sample."""
    return lambda start, end: start + seed % (end - start)


@given(recordings(), st.floats(5, 30), st.integers(0, 10**6))
def test_chunks_are_in_order_within_the_limit_and_cover_all_speech_once(
    recording: tuple[list[SpeechSpan], int], chunk_length_s: float, seed: int
) -> None:
    spans, n_samples = recording
    chunks = plan_chunks(spans, n_samples, chunk_length_s, cut_anywhere(seed))
    assert all(0 <= chunk.start < chunk.end <= n_samples for chunk in chunks)
    assert all(chunk.end - chunk.start <= chunk_length_s * SAMPLE_RATE for chunk in chunks)
    assert all(one.end <= other.start for one, other in pairwise(chunks))
    assert all(covers(chunks, span) for span in spans)


def covers(chunks: list[Chunk], span: SpeechSpan) -> bool:
    position = span.start
    for chunk in chunks:
        if chunk.start <= position < chunk.end:
            position = chunk.end
    return position >= span.end


@given(recordings())
def test_a_span_that_fits_into_a_chunk_is_not_cut(recording: tuple[list[SpeechSpan], int]) -> None:
    spans, n_samples = recording
    short = [span for span in spans if span.end - span.start <= 25 * SAMPLE_RATE]
    chunks = plan_chunks(short, n_samples, 30, lambda start, end: start)
    inside = [
        (chunk, span)
        for chunk in chunks
        for span in short
        if span.start < chunk.start < span.end or span.start < chunk.end < span.end
    ]
    assert inside == []


@given(recordings(), st.floats(5, 30), st.integers(0, 10**6), st.integers(0, 10**7))
def test_speech_that_is_planned_in_two_parts_is_covered_once(
    recording: tuple[list[SpeechSpan], int], chunk_length_s: float, seed: int, end: int
) -> None:
    """Else a recording that is planned in two parts would repeat or lose what is between them."""
    spans, n_samples = recording
    end = min(end, n_samples)
    first = [SpeechSpan(each.start, min(each.end, end)) for each in spans if each.start < end]
    opening = plan_chunks(first, end, chunk_length_s, cut_anywhere(seed))[:-1]
    start = opening[-1].end if opening else 0
    left = [SpeechSpan(max(each.start, start), each.end) for each in spans if each.end > start]
    rest = plan_chunks(left, n_samples, chunk_length_s, cut_anywhere(seed), start)
    chunks = opening + rest
    assert all(one.end <= other.start for one, other in pairwise(chunks))
    assert all(covers(chunks, span) for span in spans)
