"""Decoded recordings on disk: s16le, 16 kHz, channels interleaved, without a header.

They are read in slices, never as a whole, so that memory does not grow with their length.
"""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from backend.pipeline.resample import Samples
from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES

_FULL_SCALE = 32_768.0
_PEAK_BLOCK_SAMPLES = 30 * SAMPLE_RATE


def to_s16le(samples: Samples) -> bytes:
    """Return samples in [-1, 1] as s16le; samples outside are clipped."""
    scaled = np.rint(samples * _FULL_SCALE)
    return np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2").tobytes()


def to_wav(samples: Samples) -> bytes:
    """Return samples in [-1, 1] as the content of a WAV file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_WIDTH_BYTES)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(to_s16le(samples))
    return content.getvalue()


class PcmWriter:
    """Writes a recording to a file; the context manager closes the file."""

    def __init__(self, path: Path, n_channels: int = 1) -> None:
        self._path = path
        self._n_channels = n_channels
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self.n_samples = 0
        self._peaks = np.zeros(n_channels)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._file.close()

    def write(self, samples: Samples) -> None:
        """Append samples in [-1, 1], shape (n_samples,) or (n_samples, n_channels)."""
        if samples.size:
            data = to_s16le(samples)
            self._file.write(data)
            self._digest.update(data)
            self.n_samples += len(samples)
            peaks = np.abs(samples.reshape(-1, self._n_channels)).max(axis=0)
            self._peaks = np.maximum(self._peaks, peaks)

    def recording(self) -> PcmRecording:
        """Return the recording written so far, which has one channel."""
        (recording,) = self.channels()
        return recording

    def channels(self) -> tuple[PcmRecording, ...]:
        """Return each channel of the recording written so far."""
        self._file.flush()
        identity = np.eye(self._n_channels)
        return tuple(
            PcmRecording(
                self._path,
                self.n_samples,
                min(float(peak), 1.0),
                self._digest.hexdigest(),
                tuple(weights.tolist()),
            )
            for peak, weights in zip(self._peaks, identity, strict=True)
        )


@dataclass(frozen=True)
class PcmRecording:
    """A decoded recording on disk, or a mix of its channels: one signal.

    Attributes:
        path: the s16le file.
        n_samples: its length.
        peak: the largest absolute sample, in [0, 1].
        sha256: hexadecimal, of all channels: the same for every container it came in.
        weights: of each channel of the file in the signal.
    """

    path: Path
    n_samples: int
    peak: float
    sha256: str
    weights: tuple[float, ...] = (1.0,)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / SAMPLE_RATE

    def read(self, start: int, end: int) -> Samples:
        """Return samples [start, end): shape (end - start,), float32 in [-1, 1]."""
        n_channels = len(self.weights)
        raw = np.fromfile(
            self.path,
            "<i2",
            count=(end - start) * n_channels,
            offset=start * SAMPLE_WIDTH_BYTES * n_channels,
        )
        weights = np.array(self.weights) / _FULL_SCALE
        if n_channels == 1:  # a product of matrices converts to float64
            return raw * weights.astype(np.float32)
        return (raw.reshape(-1, n_channels) @ weights).astype(np.float32)

    def mixed(self, weights: Sequence[float]) -> PcmRecording:
        """Return another mix of the channels; the file is read once to find its peak."""
        mix = replace(self, weights=tuple(weights))
        blocks = mix.blocks(_PEAK_BLOCK_SAMPLES)
        peak = max((float(np.abs(block).max()) for block in blocks), default=0.0)
        return replace(mix, peak=min(peak, 1.0))

    def blocks(self, n_samples: int, start: int = 0, end: int | None = None) -> Iterator[Samples]:
        """Yield samples [start, end) in blocks of `n_samples`; the last block may be shorter."""
        stop = self.n_samples if end is None else end
        for block_start in range(start, stop, n_samples):
            yield self.read(block_start, min(block_start + n_samples, stop))
