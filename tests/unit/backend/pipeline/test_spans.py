"""If these fail, speech is counted twice, or pauses are counted as speech."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.pipeline.spans import SpeechSpan, TimeSpan, joined_spans

spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda x: SpeechSpan(x[0], sum(x)))
)


def covered(spans: list[SpeechSpan]) -> set[int]:
    return {sample for span in spans for sample in range(span.start, span.end)}


@given(spans)
def test_joined_spans_cover_the_same_samples_once(spans: list[SpeechSpan]) -> None:
    joined = joined_spans(spans)
    assert covered(joined) == covered(spans)
    assert sum(span.end - span.start for span in joined) == len(covered(spans))


@given(spans, st.integers(0, 10))
def test_only_shorter_pauses_are_covered_too(spans: list[SpeechSpan], min_pause: int) -> None:
    joined = joined_spans(spans, min_pause)
    assert covered(spans) <= covered(joined)
    pauses = [b.start - a.end for a, b in pairwise(joined)]
    assert all(pause >= max(min_pause, 1) for pause in pauses)
    added = sorted(covered(joined) - covered(spans))
    longest = max((b - a for a, b in runs(added)), default=0)
    assert longest < max(min_pause, 1)


def runs(numbers: list[int]) -> list[tuple[int, int]]:
    """Return [first, last + 1) of each run of consecutive numbers."""
    starts = [n for n in numbers if n - 1 not in numbers]
    ends = [n + 1 for n in numbers if n + 1 not in numbers]
    return list(zip(starts, ends, strict=True))


def test_a_span_inside_another_does_not_shorten_it() -> None:
    assert joined_spans([TimeSpan(0, 5), TimeSpan(1, 2)]) == [TimeSpan(0, 5)]
