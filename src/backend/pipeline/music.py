"""Tells music from noise, in stretches without words."""

from typing import cast

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from backend.pipeline.resample import Samples

_WINDOW = 1024
_HOP = 512
_HELD_WINDOWS = 8
"""A quarter of a second: tones are held that long, while the pitch of a voice moves."""

_LOWEST_BIN = 4
"""62 Hz: hum of the mains is no music."""

MUSIC_ABOVE = 0.2
"""Share of the power that is held. Measured in windows of 2 s: speech in four languages up to
0.07, white and brown noise 0.12, ringing tones and music on hold from 0.29."""


def is_music(samples: Samples) -> bool:
    """Whether a sound consists of held tones, as music and ringing do."""
    return held_share(samples) > MUSIC_ABOVE


def held_share(samples: Samples) -> float:
    """Return the share of the power that stays in the same narrow bands for a quarter second.

    Returns: in [0, 1]; 0 for silence and for less than a quarter second.
    """
    if samples.size < _WINDOW + _HOP * _HELD_WINDOWS:
        return 0.0
    windows = sliding_window_view(samples, _WINDOW)[::_HOP] * np.hanning(_WINDOW)
    power = cast(
        "npt.NDArray[np.float64]", np.square(np.abs(np.fft.rfft(windows, axis=1)))[:, _LOWEST_BIN:]
    )
    held = sliding_window_view(power, _HELD_WINDOWS, axis=0)
    total = float(held.mean(axis=-1).sum())
    return float(held.min(axis=-1).sum()) / total if total else 0.0
