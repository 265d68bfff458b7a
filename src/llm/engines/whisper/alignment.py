"""When each token was said, from the decoder's cross-attention.

Source: openai/whisper, `timing.py`: normalised attention of the alignment heads, smoothed,
averaged, and aligned by dynamic time warping.
"""

import numpy as np
from numpy.typing import NDArray

FRAME_S = 0.02
"""Seconds of one encoder output: two mel frames of 10 ms."""

MEDIAN_WIDTH = 7


def token_times(attention: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return when each token begins, in seconds, never falling.

    Args:
        attention: shape (heads, n_tokens, n_frames), cross-attention of the alignment
            heads, cropped to the frames that hold sound; each at least 1.

    Returns:
        Shape (n_tokens,).
    """
    weights = attention / attention.sum(axis=-1, keepdims=True)
    spread = weights.std(axis=-2, keepdims=True)
    weights = (weights - weights.mean(axis=-2, keepdims=True)) / np.maximum(spread, 1e-9)
    similarity = _median_filter(weights).mean(axis=0)
    return _first_frames(-similarity).astype(np.float64) * FRAME_S


def _median_filter(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    margin = MEDIAN_WIDTH // 2
    if weights.shape[-1] <= margin:
        return weights
    padded = np.pad(weights, ((0, 0), (0, 0), (margin, margin)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_WIDTH, axis=-1)
    return np.median(windows, axis=-1)


def _first_frames(cost: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the first frame of each token on the cheapest monotonic path.

    The cells of one antidiagonal do not depend on each other, so each is one step: with
    row t shifted right by t, an antidiagonal is a column.
    """
    n_tokens, n_frames = cost.shape
    total = np.full((n_tokens + 1, n_frames + 1), np.inf)
    total[0, 0] = 0
    for diagonal in range(n_tokens + n_frames - 1):
        token = np.arange(max(0, diagonal - n_frames + 1), min(n_tokens, diagonal + 1))
        frame = diagonal - token
        # cell (t, f) of `cost` is (t + 1, f + 1) of `total`
        cheapest = np.minimum(total[token, frame], total[token, frame + 1])
        cheapest = np.minimum(cheapest, total[token + 1, frame])
        total[token + 1, frame + 1] = cost[token, frame] + cheapest
    return _walk_back(total)


def _walk_back(total: NDArray[np.floating]) -> NDArray[np.int64]:
    token, frame = total.shape[0] - 1, total.shape[1] - 1
    first = np.zeros(token, dtype=np.int64)
    while token > 0:
        first[token - 1] = frame - 1
        moves = ((token - 1, frame - 1), (token - 1, frame), (token, frame - 1))
        token, frame = min(moves, key=lambda cell: total[cell])
    return first
