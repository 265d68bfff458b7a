"""Resamples audio to 16 kHz, band-limited, block by block."""

import numpy as np
import numpy.typing as npt
import soxr

from contracts.audio import SAMPLE_RATE

Samples = npt.NDArray[np.float32]
"""Shape (n_samples,), float32, mono."""


class StreamResampler:
    """Resamples one recording; call `push` for each block, then `finish` once.

    Args:
        source_rate: Hz.
        n_channels: of the blocks.

    Source: SoXR's high-quality setting: pass band to 91 % of the Nyquist frequency, stop
    band below -120 dB, linear phase; the filter's delay is compensated.
    """

    def __init__(self, source_rate: int, n_channels: int = 1) -> None:
        self._n_channels = n_channels
        self._stream = (
            None
            if source_rate == SAMPLE_RATE
            else soxr.ResampleStream(
                source_rate, SAMPLE_RATE, num_channels=n_channels, dtype="float32"
            )
        )

    def push(self, samples: Samples) -> Samples:
        """Process a block and return the samples ready so far, at 16 kHz.

        Args:
            samples: shape (n_samples,), or (n_samples, n_channels) with several channels.
        """
        return self._process(samples, last=False)

    def finish(self) -> Samples:
        """Return the samples left in the filter; no call of `push` may follow."""
        shape = (0,) if self._n_channels == 1 else (0, self._n_channels)
        return self._process(np.zeros(shape, np.float32), last=True)

    def _process(self, samples: Samples, *, last: bool) -> Samples:
        if self._stream is None:
            return samples
        return self._stream.resample_chunk(np.ascontiguousarray(samples), last=last)
