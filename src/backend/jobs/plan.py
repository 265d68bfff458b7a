"""How a recording is given to the model, in a form that outlives the process."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel

from backend.pipeline.chunk import Chunk
from backend.pipeline.pcm import PcmRecording
from backend.pipeline.vad import SpeechSpan
from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from contracts.jobs import JobWarning


class Plan(BaseModel):
    """What is known of a recording once it is decoded, listened to and cut.

    Attributes:
        n_samples: its length.
        peak: its largest absolute sample, in [0, 1].
        audio_sha256: of the decoded recording.
        spans: speech, as [start, end) in samples.
        gain_db: what brings it to the loudness asked for.
        chunks: what the model is given, as [start, end) in samples.
    """

    n_samples: int
    peak: float
    audio_sha256: str
    spans: list[tuple[int, int]]
    gain_db: float
    chunks: list[tuple[int, int]]
    warnings: list[JobWarning]

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
        """Seconds in which there is speech."""
        return sum(end - start for start, end in self.spans) / SAMPLE_RATE

    def speech_spans(self) -> list[SpeechSpan]:
        """Return the spans as the pipeline has them."""
        return [SpeechSpan(start, end) for start, end in self.spans]

    def chunk(self, index: int) -> Chunk:
        """Return a chunk as the pipeline has it."""
        return Chunk(*self.chunks[index])

    def recording(self, path: Path) -> PcmRecording:
        """Return the decoded recording at a path, for reading."""
        return PcmRecording(path, self.n_samples, self.peak, self.audio_sha256)

    def is_at(self, path: Path) -> bool:
        """Tell whether the decoded recording lies there, whole."""
        try:
            return path.stat().st_size == self.n_samples * SAMPLE_WIDTH_BYTES
        except FileNotFoundError:
            return False
