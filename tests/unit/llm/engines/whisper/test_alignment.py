"""Words get the times at which the decoder listened to them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.engines.whisper.alignment import FRAME_S, MEDIAN_WIDTH, token_times
from llm.engines.whisper.words import group_into_words, time_words

PIECES = [" При", "вет", ",", " мир", " —", " труд", "!"]


def decode(tokens: list[int]) -> str:
    return "".join(PIECES[token] for token in tokens)


def test_token_times_follow_the_attention() -> None:
    frames = [10, 40, 41, 90]
    attention = np.full((2, 4, 120), 0.01, dtype=np.float32)
    for token, frame in enumerate(frames):
        attention[:, token, frame : frame + 12] = 1
    times = token_times(attention)
    assert list(times) == sorted(times)
    assert times[1] == pytest.approx(0.8, abs=0.1)
    assert times[3] == pytest.approx(1.8, abs=0.1)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 2), (2, 1, 50)])
def test_chunks_of_a_few_frames_are_aligned_too(shape: tuple[int, ...]) -> None:
    times = token_times(np.random.default_rng(0).random(shape, dtype=np.float32))
    assert times.shape == (shape[1],)
    assert np.all(np.diff(times) >= 0)


def test_pieces_join_into_words_with_their_punctuation() -> None:
    words = group_into_words(range(len(PIECES)), decode, "ru")
    assert words == [("Привет,", 0, 3), ("мир —", 3, 5), ("труд!", 5, 7)]


def test_a_character_split_over_tokens_stays_whole() -> None:
    data = " ё я".encode()

    def decode_bytes(tokens: list[int]) -> str:
        return bytes(data[token] for token in tokens).decode(errors="replace")

    words = group_into_words(range(len(data)), decode_bytes, "ru")
    assert [word for word, _, _ in words] == ["ё", "я"]


def plain_cost(attention: np.ndarray) -> np.ndarray:
    """Return what each frame costs each token, as openai/whisper does it."""
    weights = attention / attention.sum(-1, keepdims=True)
    weights = (weights - weights.mean(-2, keepdims=True)) / np.maximum(
        weights.std(-2, keepdims=True), 1e-9
    )
    margin = MEDIAN_WIDTH // 2
    padded = np.pad(weights, ((0, 0), (0, 0), (margin, margin)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_WIDTH, axis=-1)
    return -np.median(windows, axis=-1).mean(0)


def least_cost(cost: np.ndarray) -> float:
    """Return the cost of the cheapest path, cell by cell."""
    n_tokens, n_frames = cost.shape
    total = np.full((n_tokens + 1, n_frames + 1), np.inf)
    total[0, 0] = 0
    for token in range(n_tokens):
        for frame in range(n_frames):
            before = total[token, frame], total[token, frame + 1], total[token + 1, frame]
            total[token + 1, frame + 1] = cost[token, frame] + min(before)
    return total[-1, -1]


def cost_of(first: list[int], cost: np.ndarray) -> float:
    """Return the least cost of a path on which the tokens begin at these frames."""
    total = cost[-1, first[-1] :].sum()
    for row, (begin, end) in zip(cost, pairwise(first), strict=False):
        shared = row[begin : end + 1].sum()  # the next token begins in this one's last frame
        total += min(shared, row[begin:end].sum()) if end > begin else shared
    return total


@given(st.integers(0, 2**32), st.integers(1, 30), st.integers(MEDIAN_WIDTH, 60))
@settings(deadline=None)
def test_tokens_begin_where_the_cheapest_path_of_time_warping_has_them(
    seed: int, n_tokens: int, n_frames: int
) -> None:
    """Also where there are more tokens than frames; several paths may cost the same."""
    attention = np.random.default_rng(seed).random((2, n_tokens, n_frames)).astype(np.float32)
    first = [round(time / FRAME_S) for time in token_times(attention)]
    cost = plain_cost(attention)
    assert first[0] == 0
    assert cost_of(first, cost) == pytest.approx(least_cost(cost), rel=1e-4, abs=1e-4)


def sound(*levels: float) -> np.ndarray:
    """Return half a second of noise of each level."""
    noise = np.random.default_rng(0).normal(0, 1, (len(levels), 8000))
    return (noise * np.array(levels)[:, None]).ravel().astype(np.float32)


def test_a_pause_belongs_to_no_word() -> None:
    words = time_words(
        [("раз", 0, 1), ("два", 1, 2)],
        np.array([0.0, 1.5, 2.5]),
        np.log([0.5, 0.25]),
        sound(0.1, 0.001, 0.001, 0.1, 0.001),
    )
    assert [(w.start, w.end) for w in words] == [(0, 0.5), (1.5, 2.0)]
    assert [w.probability for w in words] == [0.5, 0.25]


def test_a_word_in_a_pause_keeps_its_time() -> None:
    (word,) = time_words(
        [("ой", 0, 1)], np.array([0.6, 0.8]), [-0.1], sound(0.1, 0.001, 0.001, 0.1)
    )
    assert (word.start, word.end) == (0.6, 0.8)


@given(
    st.lists(st.integers(0, 1600), min_size=2, max_size=20).map(sorted),
    st.integers(1, 16_000 * 30),
    st.integers(0, 2**32),
)
def test_words_are_in_order_and_in_the_chunk(steps: list[int], n_samples: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = (rng.normal(0, 0.1, n_samples) * rng.integers(0, 2)).astype(np.float32)
    groups = [("да", n, n + 1) for n in range(len(steps) - 1)]
    words = time_words(groups, np.array(steps) * FRAME_S, [-0.5] * len(groups), samples)
    times = [time for word in words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(0 <= time <= round(n_samples / 16_000, 3) for time in times)
