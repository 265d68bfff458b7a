"""If these fail, one of two voices is lost, or the transcript is out of order."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.pipeline.interleave import MIN_SHOWN_S, Interleaving
from contracts.transcription import Segment, Word


def segment(index: int, start: float, end: float, text: str = "раз") -> Segment:
    words = [Word(word=text, start=start, end=end, probability=1)]
    return Segment(
        index=index, start=start, end=end, text=text, words=words,
        avg_logprob=0, no_speech_prob=0, compression_ratio=1,
    )  # fmt: skip


def times(segments: list[Segment]) -> list[tuple[int, float, float]]:
    return [(each.index, each.start, each.end) for each in segments]


def test_voices_in_turn_keep_their_times() -> None:
    voices = Interleaving()
    voices.add(0, [segment(0, 1, 3), segment(1, 6, 8)])
    voices.add(1, [segment(0, 3.5, 5)])
    assert times(voices.release(100)) == [(0, 1, 3), (1, 3.5, 5), (2, 6, 8)]


def test_the_earlier_of_two_voices_ends_where_the_later_one_begins() -> None:
    voices = Interleaving()
    voices.add(0, [segment(0, 0.3, 4.7, "долго")])
    voices.add(1, [segment(0, 2, 3, "коротко")])
    first, second = voices.release(100)
    assert [(each.text, each.start, each.end) for each in (first, second)] == [
        ("долго", 0.3, 2),
        ("коротко", 2, 3),
    ]
    assert first.words
    assert first.words[0].end == 2


def test_voices_that_begin_together_can_both_be_read() -> None:
    voices = Interleaving()
    voices.add(0, [segment(0, 0.3, 4.7)])
    voices.add(1, [segment(0, 0.4, 2.6)])
    assert times(voices.release(100)) == [(0, 0.3, 0.8), (1, 0.8, 2.6)]


def test_a_segment_waits_for_others_that_may_begin_before_its_end() -> None:
    voices = Interleaving()
    voices.add(0, [segment(0, 1, 3), segment(1, 3, 20)])
    assert times(voices.release(5)) == [(0, 1, 3)]
    voices.add(1, [segment(0, 5, 6)])
    assert times(voices.release(100)) == [(1, 3, 5), (2, 5, 6)]


def test_text_that_is_added_to_a_released_segment_keeps_its_number() -> None:
    voices = Interleaving()
    voices.add(0, [segment(0, 1, 3)])
    voices.add(1, [segment(0, 0, 1)])
    voices.release(100)
    (changed,) = voices.add(0, [segment(0, 1, 3, "раз два")])
    assert (changed.index, changed.text) == (1, "раз два")


_SPANS = st.lists(st.tuples(st.floats(0, 50), st.floats(0.1, 20)), max_size=6)


@given(st.lists(_SPANS, min_size=1, max_size=3))
def test_every_segment_comes_out_once_in_order_without_overlap(voices: list) -> None:
    interleaving = Interleaving()
    n_segments = 0
    for signal, spans in enumerate(voices):
        end = 0.0
        for index, (pause, length) in enumerate(spans):
            interleaving.add(signal, [segment(index, end + pause, end + pause + length)])
            end += pause + length
            n_segments += 1
    released = interleaving.release(30) + interleaving.release(float("inf"))
    assert [each.index for each in released] == list(range(n_segments))
    for one, two in pairwise(released):
        assert one.start < one.end <= two.start
        assert two.start - one.start >= min(MIN_SHOWN_S, one.end - one.start) - 1e-6
        for word in one.words or []:
            assert one.start <= word.start <= word.end <= one.end
