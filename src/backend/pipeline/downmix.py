"""Mixes the channels of a recording to one, so that nobody's voice is lost.

A plain mean halves a voice that is on one channel only, and cancels a pair whose wires
were swapped (opposite phase). So the whole recording is looked at first: silent channels
are left out, and a channel in opposite phase to the loudest one is turned around.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from backend.pipeline.decode import Block

SILENT_BELOW = 1e-4
"""Share of the loudest channel's power (-40 dB) under which a channel is left out."""

OPPOSITE_BELOW = -0.5
"""Correlation with the loudest channel under which a channel is in opposite phase."""

Weights = npt.NDArray[np.float32]
"""Shape (n_channels,); the mixed signal is `block @ weights`."""


def downmix_weights(blocks: Iterable[Block], n_channels: int) -> Weights:
    """Look at a whole recording and say how its channels are to be mixed.

    Returns:
        Weights whose absolute values are the same for all channels that are heard, and sum to 1.
    """
    covariance = np.zeros((n_channels, n_channels))
    for block in blocks:
        covariance += block.T.astype(np.float64) @ block
    power = covariance.diagonal()
    loudest = int(power.argmax())
    if power[loudest] == 0:
        return np.full(n_channels, 1 / n_channels, np.float32)
    heard = power > SILENT_BELOW * power[loudest]
    correlation = covariance[loudest] / np.sqrt(np.where(heard, power, np.inf) * power[loudest])
    signs = np.where(correlation < OPPOSITE_BELOW, -1.0, 1.0)
    return (signs * heard / heard.sum()).astype(np.float32)
