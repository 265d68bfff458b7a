"""Cut a recording into chunks as the backend does, without the services."""

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from backend.pipeline.chunk import plan_chunks, quietest_point_of
from backend.pipeline.decode import probe
from backend.pipeline.normalize import apply_gain, speech_gain_db
from backend.pipeline.pcm import to_s16le
from backend.pipeline.prepare import decode_to_pcm
from backend.pipeline.spans import SpeechSpan
from backend.pipeline.vad import SpeechDetector
from contracts.audio import SAMPLE_RATE
from contracts.options import TranscribeOptions
from llm.engines.protocol import Samples


@dataclass(frozen=True)
class PreparedChunks:
    """The chunks, and what was found on the way to them.

    Attributes:
        starts_s: of each chunk, in seconds of the recording.
        spans: of the speech, in samples of the recording.
        gain_db: of the recording.
        stages_s: seconds of each stage before the model.
    """

    chunks: list[Samples]
    starts_s: list[float]
    spans: list[SpeechSpan]
    gain_db: float
    stages_s: dict[str, float]


class Stopwatch:
    """Add up seconds by stage, in the order in which the stages appear."""

    def __init__(self) -> None:
        self.laps_s: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Add the time since the last lap to a stage."""
        now = time.perf_counter()
        self.laps_s[name] = self.laps_s.get(name, 0.0) + now - self._last
        self._last = now


def prepare(path: Path, options: TranscribeOptions) -> PreparedChunks:
    """Decode, find speech, measure loudness and cut, as the backend does before the first chunk."""
    detector = SpeechDetector()
    watch = Stopwatch()
    with TemporaryDirectory() as folder:
        decoded = decode_to_pcm(path, probe(path), Path(folder) / "pcm", 1e9, lambda: None)
        recording = decoded.recording
        watch.lap("decode and resample")
        spans = detector.find_speech(recording)
        watch.lap("find speech (VAD)")
        gain_db = speech_gain_db(recording, spans, options)
        watch.lap("measure loudness")
        plan = plan_chunks(
            spans, recording.n_samples, options.chunk_length_s, quietest_point_of(recording)
        )
        sent = [
            to_s16le(apply_gain(recording.read(chunk.start, chunk.end), gain_db)) for chunk in plan
        ]
        watch.lap("cut into chunks")
    chunks = [np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768) for pcm in sent]
    starts_s = [chunk.start / SAMPLE_RATE for chunk in plan]
    return PreparedChunks(chunks, starts_s, spans, gain_db, watch.laps_s)
