"""Join what the segmentation network finds in overlapping windows."""

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

Activity = NDArray[np.float32]
"""Shape (frames, voices): how likely each voice speaks, in [0, 1]."""

_EDGE_WEIGHT = 0.1
"""Weight of the outermost frames of a window, which know one side only; the middle has 1."""


def join_windows(windows: NDArray[np.float32], hop: int) -> Activity:
    """Return the activity of the voices over all windows.

    The network numbers the voices of each window anew, so number them by what both windows find
    in the frames that they share. In each frame, a window counts the more the nearer its middle is.

    Args:
        windows: shape (windows, frames, voices).
        hop: frames from one window to the next.
    """
    n_windows, n_frames, n_voices = windows.shape
    weights = _weights(n_frames)
    total = np.zeros((hop * (n_windows - 1) + n_frames, n_voices), np.float32)
    weight = np.zeros((len(total), 1), np.float32)
    for number, window in enumerate(windows):
        span = slice(number * hop, number * hop + n_frames)
        numbered = window
        if number:
            shared = slice(number * hop, number * hop + n_frames - hop)
            numbered = _numbered_alike(window, total[shared] / weight[shared])
        total[span] += weights * numbered
        weight[span] += weights
    return total / weight


def _weights(n_frames: int) -> NDArray[np.float32]:
    distance = np.abs(np.linspace(-1, 1, n_frames, dtype=np.float32))
    return (1 - np.float32(1 - _EDGE_WEIGHT) * distance)[:, None]


def _numbered_alike(window: Activity, before: Activity) -> Activity:
    """Return a window with its voices in the order that agrees best with earlier windows.

    Args:
        before: the activity in the first frames of the window.
    """
    common = window[: len(before)]
    orders = [list(order) for order in permutations(range(window.shape[1]))]
    return window[:, min(orders, key=lambda order: float(((common[:, order] - before) ** 2).sum()))]
