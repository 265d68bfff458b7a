"""Times and texts of segments come from the decoder's tokens, whatever it writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.transcription import Task
from llm.engines.whisper.segments import compression_ratio, split_at_timestamps
from llm.engines.whisper.tokens import SpecialTokens

SPECIAL = SpecialTokens(
    end_of_text=100,
    start_of_transcript=101,
    start_of_previous=102,
    no_speech=103,
    no_timestamps=106,
    languages={"ru": 104},
    tasks={Task.TRANSCRIBE: 105, Task.TRANSLATE: 105},
)


def at(seconds: float) -> int:
    return SPECIAL.timestamp_begin + SPECIAL.timestamp_index(seconds)


def test_pairs_of_timestamps_part_the_segments() -> None:
    spans = split_at_timestamps([at(0.5), 1, 2, at(3), at(4), 3, at(6)], SPECIAL, 10)
    assert [(s.start, s.end, s.first, s.tokens) for s in spans] == [
        (0.5, pytest.approx(3), 0, [1, 2]),
        (4, pytest.approx(6), 2, [3]),
    ]


def test_no_timestamps_make_one_segment_of_the_whole_chunk() -> None:
    spans = split_at_timestamps([1, 2, 3], SPECIAL, 7.5)
    assert [(s.start, s.end, s.tokens) for s in spans] == [(0, 7.5, [1, 2, 3])]


@given(
    st.lists(st.integers(0, 99) | st.integers(100, 106) | st.floats(0, 30).map(at), max_size=60),
    st.floats(0.1, 30),
)
def test_segments_are_in_order_within_the_chunk_and_lose_no_text(
    tokens: list[int], duration_s: float
) -> None:
    spans = split_at_timestamps(tokens, SPECIAL, duration_s)
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= duration_s for edge in edges)
    assert [t for span in spans for t in span.tokens] == [t for t in tokens if t < 100]
    assert [span.first for span in spans] == [
        sum(len(before.tokens) for before in spans[:n]) for n in range(len(spans))
    ]


def test_a_loop_compresses_more_than_speech() -> None:
    assert compression_ratio("и вот " * 40) > 2.4
    assert compression_ratio("И представить себе Москву, и его в ней, не было возможности.") < 2.4
    assert compression_ratio("") == 0
