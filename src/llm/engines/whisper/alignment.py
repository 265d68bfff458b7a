"""Compute the time of each token from the decoder's cross-attention.

Source: openai/whisper, `timing.py`: the attention of the alignment heads is normalised, smoothed,
averaged, and aligned by dynamic time warping.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from llm.engines.whisper.search import Queries
from llm.engines.whisper.softmax import softmax

FRAME_S = 0.02
"""Seconds of one encoder output: two mel frames of 10 ms."""

MEDIAN_WIDTH = 7


def attention_of(
    queries: Sequence[Queries], keys: Sequence[NDArray[np.float32]], n_frames: int
) -> NDArray[np.float32]:
    """Return the cross-attention of the alignment heads.

    Args:
        queries: scaled, at each position.
        keys: of each head, shape (size, frames of the window).
        n_frames: encoder frames of the chunk, without its padding.

    Returns:
        Shape (heads, len(queries), n_frames); over the whole window, each row has a sum of 1.
    """
    by_head = np.stack(queries, axis=1)
    attention = [
        softmax(of_head @ its_keys) for of_head, its_keys in zip(by_head, keys, strict=True)
    ]
    return np.stack(attention)[..., :n_frames]


def token_times(attention: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the start of each token in seconds, in ascending order.

    Args:
        attention: shape (heads, n_tokens, n_frames), each at least 1; cross-attention of the
            alignment heads, cropped to the frames of the chunk.

    Returns:
        Shape (n_tokens,).
    """
    weights = attention / attention.sum(axis=-1, keepdims=True)
    spread = weights.std(axis=-2, keepdims=True)
    weights = (weights - weights.mean(axis=-2, keepdims=True)) / np.maximum(spread, 1e-9)
    similarity = np.mean([_median_filter(head) for head in weights], axis=0)
    return _first_frames(-similarity).astype(np.float64) * FRAME_S


def _median_filter(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median over each frame and three neighbours per side, same shape."""
    margin = MEDIAN_WIDTH // 2
    n_frames = weights.shape[-1]
    if n_frames <= margin:
        return weights
    padded = np.pad(weights, ((0, 0), (margin, margin)), mode="reflect")
    shifted = [padded[..., n : n + n_frames] for n in range(MEDIAN_WIDTH)]
    # Sort whole arrays against each other, which is far faster than a median per window.
    for end in range(MEDIAN_WIDTH - 1, margin - 1, -1):
        for n in range(end):
            low = np.minimum(shifted[n], shifted[n + 1])
            shifted[n + 1] = np.maximum(shifted[n], shifted[n + 1])
            shifted[n] = low
    return shifted[margin]


def _first_frames(cost: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the first frame of each token on the cheapest monotonic path.

    A step of the path moves to the next frame, to the next token, or to both. The cost of a token
    from frame s to frame f is a difference of cumulated costs, so the cheapest s for every f is a
    running minimum, which computes one row of dynamic time warping at once.
    """
    n_tokens, n_frames = cost.shape
    frames = np.arange(n_frames)
    starts = np.zeros((n_tokens, n_frames), np.int64)
    from_same_frame = np.zeros((n_tokens, n_frames), np.bool_)
    cumulated = cost.cumsum(axis=1)
    total = cumulated[0]
    for token in range(1, n_tokens):
        frame_before = np.concatenate([[np.inf], total[:-1]])
        from_same_frame[token] = total < frame_before
        entry = np.minimum(total, frame_before) - (cumulated[token] - cost[token])
        cheapest = np.minimum.accumulate(entry)
        starts[token] = np.maximum.accumulate(np.where(entry == cheapest, frames, 0))
        total = cumulated[token] + cheapest
    first = np.zeros(n_tokens, np.int64)
    frame = n_frames - 1
    for token in range(n_tokens - 1, 0, -1):
        first[token] = frame = starts[token, frame]
        frame = max(frame - (not from_same_frame[token, frame]), 0)
    return first
