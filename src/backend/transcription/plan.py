"""The plan of a job's chunks, which a checkpoint stores."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel

from backend.pipeline.chunk import Chunk
from backend.pipeline.pcm import PcmRecording
from backend.pipeline.vad import SpeechSpan
from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from contracts.jobs import JobWarning


class Plan(BaseModel):
    """The properties of a decoded recording, and the chunks to transcribe.

    Attributes:
        n_samples: length of the recording.
        peak: largest absolute sample, in [0, 1].
        audio_sha256: of the decoded recording.
        spans: speech spans, as [start, end) in samples.
        gain_db: gain that normalises the speech.
        chunks: as [start, end) in samples.
        audio_track: number of the track that was decoded.
    """

    n_samples: int
    peak: float
    audio_sha256: str
    spans: list[tuple[int, int]]
    gain_db: float
    chunks: list[tuple[int, int]]
    warnings: list[JobWarning]
    audio_track: int = 1

    @classmethod
    def of(
        cls,
        recording: PcmRecording,
        spans: list[SpeechSpan],
        gain_db: float,
        chunks: list[Chunk],
        warnings: list[JobWarning],
    ) -> Self:
        """Return the plan for a recording."""
        return cls(
            n_samples=recording.n_samples,
            peak=recording.peak,
            audio_sha256=recording.sha256,
            spans=[(span.start, span.end) for span in spans],
            gain_db=gain_db,
            chunks=[(chunk.start, chunk.end) for chunk in chunks],
            warnings=warnings,
        )

    @property
    def duration_s(self) -> float:
        """The recording's length in seconds."""
        return self.n_samples / SAMPLE_RATE

    @property
    def speech_s(self) -> float:
        """Seconds of speech."""
        return sum(end - start for start, end in self.spans) / SAMPLE_RATE

    def speech_spans(self) -> list[SpeechSpan]:
        """Return the speech spans."""
        return [SpeechSpan(start, end) for start, end in self.spans]

    def chunk(self, index: int) -> Chunk:
        """Return a chunk."""
        return Chunk(*self.chunks[index])

    def recording(self, path: Path) -> PcmRecording:
        """Return the decoded recording at a path."""
        return PcmRecording(path, self.n_samples, self.peak, self.audio_sha256)

    def is_at(self, path: Path) -> bool:
        """Return whether the complete decoded recording is at a path."""
        try:
            return path.stat().st_size == self.n_samples * SAMPLE_WIDTH_BYTES
        except FileNotFoundError:
            return False
