"""Decoded recordings on disk: s16le, mono, 16 kHz, without a header.

They are read in slices, never as a whole, so that memory does not grow with their length.
"""

import hashlib
import io
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from backend.pipeline.resample import Samples
from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES

_FULL_SCALE = 32_768.0


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

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self._digest = hashlib.sha256()
        self.n_samples = 0
        self.peak = 0.0

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
        """Append samples in [-1, 1]."""
        if samples.size:
            data = to_s16le(samples)
            self._file.write(data)
            self._digest.update(data)
            self.n_samples += samples.size
            self.peak = max(self.peak, float(np.abs(samples).max()))

    def recording(self) -> "PcmRecording":
        """Return the recording written so far."""
        self._file.flush()
        return PcmRecording(
            self._path, self.n_samples, min(self.peak, 1.0), self._digest.hexdigest()
        )


@dataclass(frozen=True)
class PcmRecording:
    """A decoded recording on disk.

    Attributes:
        path: the s16le file.
        n_samples: its length.
        peak: the largest absolute sample, in [0, 1].
        sha256: hexadecimal, of the decoded audio: the same for every container it came in.
    """

    path: Path
    n_samples: int
    peak: float
    sha256: str

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / SAMPLE_RATE

    def read(self, start: int, end: int) -> Samples:
        """Return samples [start, end): shape (end - start,), float32 in [-1, 1]."""
        raw = np.fromfile(self.path, "<i2", count=end - start, offset=start * SAMPLE_WIDTH_BYTES)
        return (raw / _FULL_SCALE).astype(np.float32)

    def blocks(self, n_samples: int, start: int = 0, end: int | None = None) -> Iterator[Samples]:
        """Yield samples [start, end) in blocks of `n_samples`; the last block may be shorter."""
        stop = self.n_samples if end is None else end
        for block_start in range(start, stop, n_samples):
            yield self.read(block_start, min(block_start + n_samples, stop))
