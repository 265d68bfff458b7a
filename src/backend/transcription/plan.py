"""The plan of a job's chunks, which a checkpoint stores.

A recording has one signal, or several where its channels carry different voices. Of a long
recording the opening is planned first, so that its text is there while the rest is prepared.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import BaseModel

from backend.pipeline.chunk import Chunk
from backend.pipeline.pcm import PcmRecording
from backend.pipeline.quiet_speech import UtteranceGain
from backend.pipeline.spans import SpeechSpan, joined_spans
from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from contracts.jobs import JobWarning


class Plan(BaseModel):
    """The properties of one signal of a decoded recording, and its chunks to transcribe.

    Attributes:
        n_samples: length of the recording.
        peak: largest absolute sample, in [0, 1].
        audio_sha256: of the decoded recording, with all its channels.
        weights: of each channel of the decoded recording in the signal.
        spans: speech spans, as [start, end) in samples.
        gain_db: gain that normalises the speech.
        chunks: as [start, end) in samples.
        utterance_gains: additional gains of quiet utterances; see `quiet_speech`.
        opening_end: end of the last chunk that was planned before the rest of the recording was
            known, in samples; 0: there is none.
        opening_gain_db: gain that normalises the speech up to there.
    """

    n_samples: int
    peak: float
    audio_sha256: str
    spans: list[tuple[int, int]]
    gain_db: float
    chunks: list[tuple[int, int]]
    weights: list[float] = [1.0]
    utterance_gains: list[UtteranceGain] = []
    opening_end: int = 0
    opening_gain_db: float = 0.0

    @classmethod
    def of(
        cls,
        *,
        recording: PcmRecording,
        spans: list[SpeechSpan],
        gain_db: float,
        utterance_gains: list[UtteranceGain],
        chunks: list[Chunk],
    ) -> Self:
        """Return the plan for a signal."""
        return cls(
            n_samples=recording.n_samples,
            peak=recording.peak,
            audio_sha256=recording.sha256,
            spans=[(span.start, span.end) for span in spans],
            gain_db=gain_db,
            utterance_gains=utterance_gains,
            chunks=[(chunk.start, chunk.end) for chunk in chunks],
            weights=list(recording.weights),
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

    def gains_up_to(self, end: int) -> tuple[float, list[UtteranceGain]]:
        """Return the gain of audio that ends at a sample, and the additional ones near it."""
        if end <= self.opening_end:
            before = [gain for gain in self.utterance_gains if gain[0] < self.opening_end]
            return self.opening_gain_db, before
        return self.gain_db, [gain for gain in self.utterance_gains if gain[0] >= self.opening_end]

    def opening(self) -> Self:
        """Return the plan of all chunks but the last one, which more audio may change."""
        chunks = self.chunks[:-1]
        end = chunks[-1][1] if chunks else 0
        return self.model_copy(
            update={
                "chunks": chunks,
                "spans": [(first, min(last, end)) for first, last in self.spans if first < end],
                "utterance_gains": [gain for gain in self.utterance_gains if gain[0] < end],
                "opening_end": end,
                "opening_gain_db": self.gain_db,
            }
        )

    def after(self, opening: Self) -> Self:
        """Return the plan of the opening and of this plan, which begins at its end."""
        return self.model_copy(
            update={
                "chunks": opening.chunks + self.chunks,
                "spans": opening.spans + self.spans,
                "utterance_gains": opening.utterance_gains + self.utterance_gains,
                "opening_end": opening.opening_end,
                "opening_gain_db": opening.opening_gain_db,
            }
        )

    def recording(self, path: Path) -> PcmRecording:
        """Return the decoded recording at a path."""
        return PcmRecording(path, self.n_samples, self.peak, self.audio_sha256, tuple(self.weights))

    def is_at(self, path: Path) -> bool:
        """Return whether all that the plan is about is at a path."""
        n_values = self.n_samples * len(self.weights)
        try:
            return path.stat().st_size >= n_values * SAMPLE_WIDTH_BYTES
        except FileNotFoundError:
            return False


@dataclass(frozen=True)
class ChunkPlace:
    """A chunk among those of all signals.

    Attributes:
        signal: index of its signal.
        index: among the chunks of that signal.
    """

    signal: int
    index: int


class RecordingPlan(BaseModel):
    """The plans of all signals of a recording, at least one.

    Attributes:
        audio_track: number of the track that was decoded.
        language: of the first speech, if the model depends on it; None: unknown.
        is_opening: the rest of the recording is not planned yet; there is one signal.
    """

    signals: list[Plan]
    warnings: list[JobWarning]
    audio_track: int = 1
    language: str | None = None
    is_opening: bool = False

    @property
    def duration_s(self) -> float:
        """The recording's length in seconds."""
        return self.signals[0].duration_s

    @property
    def audio_sha256(self) -> str:
        """The hash of the decoded recording."""
        return self.signals[0].audio_sha256

    @property
    def speech_s(self) -> float:
        """Seconds in which anyone speaks."""
        spans = joined_spans(span for signal in self.signals for span in signal.speech_spans())
        return sum(span.end - span.start for span in spans) / SAMPLE_RATE

    @property
    def chunks(self) -> list[Chunk]:
        """The chunks of all signals, by their start."""
        return [self.chunk(place) for place in self.places()]

    def chunk(self, place: ChunkPlace) -> Chunk:
        """Return a chunk."""
        return self.signals[place.signal].chunk(place.index)

    def places(self) -> list[ChunkPlace]:
        """Return the order in which the chunks are transcribed: by their start."""
        places = [
            ChunkPlace(signal, index)
            for signal, plan in enumerate(self.signals)
            for index in range(len(plan.chunks))
        ]
        return sorted(places, key=lambda place: self.signals[place.signal].chunks[place.index])

    def after(self, opening: "RecordingPlan") -> "RecordingPlan":
        """Return the plan of the opening and of this plan, which begins at its end.

        The opening belongs to the signal that mixes the channels as it does, or is one of its own.
        """
        (first,) = opening.signals
        signals = [
            signal.after(first) if signal.weights == first.weights else signal
            for signal in self.signals
        ]
        if first.weights not in [signal.weights for signal in signals]:
            whole = {"n_samples": signals[0].n_samples, "audio_sha256": self.audio_sha256}
            signals.insert(0, first.model_copy(update=whole))
        return self.model_copy(update={"signals": signals, "language": opening.language})

    def is_at(self, path: Path) -> bool:
        """Return whether all that the plan is about is at a path."""
        return self.signals[0].is_at(path)
