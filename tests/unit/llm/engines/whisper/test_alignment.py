"""Tokens get the times at which the decoder attended to them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.engines.whisper.alignment import FRAME_S, MEDIAN_WIDTH, token_times


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
def test_chunks_of_few_frames_are_aligned(shape: tuple[int, ...]) -> None:
    times = token_times(np.random.default_rng(0).random(shape, dtype=np.float32))
    assert times.shape == (shape[1],)
    assert np.all(np.diff(times) >= 0)


def plain_cost(attention: np.ndarray) -> np.ndarray:
    """Return the cost of each token in each frame, computed as in openai/whisper."""
    weights = attention / attention.sum(-1, keepdims=True)
    weights = (weights - weights.mean(-2, keepdims=True)) / np.maximum(
        weights.std(-2, keepdims=True), 1e-9
    )
    margin = MEDIAN_WIDTH // 2
    padded = np.pad(weights, ((0, 0), (0, 0), (margin, margin)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_WIDTH, axis=-1)
    return -np.median(windows, axis=-1).mean(0)


def least_cost(cost: np.ndarray) -> float:
    """Return the cost of the cheapest path, computed cell by cell."""
    n_tokens, n_frames = cost.shape
    total = np.full((n_tokens + 1, n_frames + 1), np.inf)
    total[0, 0] = 0
    for token in range(n_tokens):
        for frame in range(n_frames):
            before = total[token, frame], total[token, frame + 1], total[token + 1, frame]
            total[token + 1, frame + 1] = cost[token, frame] + min(before)
    return total[-1, -1]


def cost_of(first: list[int], cost: np.ndarray) -> float:
    """Return the least cost of a path on which the tokens start at these frames."""
    total = cost[-1, first[-1] :].sum()
    for row, (begin, end) in zip(cost, pairwise(first), strict=False):
        shared = row[begin : end + 1].sum()  # the next token begins in this one's last frame
        total += min(shared, row[begin:end].sum()) if end > begin else shared
    return total


@given(st.integers(0, 2**32), st.integers(1, 30), st.integers(MEDIAN_WIDTH, 60))
@settings(deadline=None)
def test_tokens_start_where_the_cheapest_path_of_time_warping_starts_them(
    seed: int, n_tokens: int, n_frames: int
) -> None:
    """Also with more tokens than frames; several paths may have the same cost."""
    attention = np.random.default_rng(seed).random((2, n_tokens, n_frames)).astype(np.float32)
    first = [round(time / FRAME_S) for time in token_times(attention)]
    cost = plain_cost(attention)
    assert first[0] == 0
    assert cost_of(first, cost) == pytest.approx(least_cost(cost), rel=1e-4, abs=1e-4)
