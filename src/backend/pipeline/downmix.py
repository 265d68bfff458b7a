"""Mixes the channels of a recording into one without losing a voice.

A plain mean halves a voice that is on one channel only, and cancels a pair of channels in
opposite phase (swapped wires). The weights are therefore derived from the whole recording:
silent channels are left out, and a channel in opposite phase to the loudest one is inverted.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from backend.pipeline.decode import Block

SILENT_BELOW = 1e-4
"""Share of the loudest channel's power (-40 dB) below which a channel is left out."""

OPPOSITE_BELOW = -0.5
"""Correlation with the loudest channel below which a channel is in opposite phase."""

Weights = npt.NDArray[np.float32]
"""Shape (n_channels,), float32; the mixed signal is `block @ weights`."""


class Covariance:
    """The covariance of a recording's channels, and the weights for mixing them."""

    def __init__(self, n_channels: int) -> None:
        self._sum = np.zeros((n_channels, n_channels))

    def add(self, block: Block) -> None:
        """Add a block of shape (n_samples, n_channels), or (n_samples,) of one channel."""
        columns = block.reshape(-1, len(self._sum)).astype(np.float64)
        self._sum += columns.T @ columns

    def weights(self) -> Weights:
        """Return the weights for mixing the blocks so far.

        Returns:
            Weights with the same absolute value for all audible channels and 0 for the others;
            the absolute values sum to 1.
        """
        power = self._sum.diagonal()
        loudest = int(power.argmax())
        if power[loudest] == 0:
            return np.full(power.size, 1 / power.size, np.float32)
        is_audible = power > SILENT_BELOW * power[loudest]
        audible_power = np.where(is_audible, power, np.inf)
        correlation = self._sum[loudest] / np.sqrt(audible_power * power[loudest])
        signs = np.where(correlation < OPPOSITE_BELOW, -1.0, 1.0)
        return (signs * is_audible / is_audible.sum()).astype(np.float32)


def downmix_weights(blocks: Iterable[Block], n_channels: int) -> Weights:
    """Return the weights for mixing the blocks of a whole recording; see `Covariance`."""
    covariance = Covariance(n_channels)
    for block in blocks:
        covariance.add(block)
    return covariance.weights()
