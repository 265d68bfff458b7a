"""The audio of a chunk, as the model gets it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backend.pipeline.chunk import Chunk, quietest_point_of
from backend.pipeline.music import is_music
from backend.pipeline.normalize import apply_gain, rms_dbfs, speech_gain_db
from backend.pipeline.pcm import PcmRecording, to_s16le
from backend.pipeline.quiet_speech import gain_curve_db
from backend.pipeline.spans import SpeechSpan, TimeSpan
from backend.transcription.plan import Plan
from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE, NormalizationOptions

LEAD_S = 1.0
"""Audio before a chunk to decode again, if its first word may begin there. On a sentence that
follows music without a pause 0.8 to 2 s give the whole first word, 0.6 s do not."""

_LOUD_WITHIN_DB = 15.0
"""Sound at most this much below the speech is no pause: the detector may rise late in it."""


@dataclass(frozen=True)
class ChunkAudio:
    """A part of a recording that is decoded at once; seconds count from its start.

    Attributes:
        window: the samples [start, end) of the recording.
    """

    recording: PcmRecording
    plan: Plan
    options: NormalizationOptions
    window: Chunk

    def part(self, start: int, end: int) -> "ChunkAudio":
        """Return another part of the recording."""
        return ChunkAudio(self.recording, self.plan, self.options, Chunk(start, end))

    def between(self, span: TimeSpan) -> "ChunkAudio":
        """Return the part in a span of seconds."""
        return self.part(self._sample(span.start), self._sample(span.end))

    @property
    def duration_s(self) -> float:
        """Its length in seconds."""
        return self.window.duration_s

    def speech(self) -> list[TimeSpan]:
        """Return the parts of the VAD's spans in it."""
        return [
            TimeSpan(self._second(span.start), self._second(span.end)) for span in self._spans()
        ]

    @cached_property
    def pcm(self) -> bytes:
        """Its samples as s16le with the gains of the plan."""
        start, end = self.window.start, self.window.end
        gain_db, utterance_gains = self.plan.gains_up_to(end)
        curve_db = gain_curve_db(utterance_gains, start, end)
        total_db = gain_db if curve_db is None else gain_db + curve_db
        return to_s16le(apply_gain(self.recording.read(start, end), total_db))

    def pcm_by_itself(self) -> bytes:
        """Return it as s16le with the gain that its own speech needs."""
        gain_db = speech_gain_db(self.recording, self._spans(), self.options)
        return to_s16le(
            apply_gain(self.recording.read(self.window.start, self.window.end), gain_db)
        )

    def with_lead(self) -> "ChunkAudio | None":
        """Return it with `LEAD_S` more before its start; None in a pause, or if it gets too long.

        The lead ends at the latest where the previous speech does.
        """
        start = self.window.start
        previous_end = max((end for _, end in self.plan.spans if end <= start), default=0)
        lead = min(int(LEAD_S * SAMPLE_RATE), start - previous_end)
        is_short = self.duration_s + lead / SAMPLE_RATE <= MAX_CHUNK_S
        if lead <= 0 or not is_short or not self._is_loud(start - lead, start):
            return None
        return self.part(start - lead, self.window.end)

    def lead(self) -> bytes:
        """Return the samples before its start that `with_lead` may add, as on the disk."""
        start = self.window.start
        return to_s16le(self.recording.read(max(start - int(LEAD_S * SAMPLE_RATE), 0), start))

    def quietest(self, start_s: float, end_s: float) -> float:
        """Return the second in [start_s, end_s) at which it is quietest."""
        first, last = self._sample(start_s), self._sample(end_s)
        point = quietest_point_of(self.recording)(first, max(last, first + 1))
        return self._second(point)

    def is_music(self) -> bool:
        """Whether it consists of held tones."""
        return is_music(self.recording.read(self.window.start, self.window.end))

    def _spans(self) -> list[SpeechSpan]:
        start, end = self.window.start, self.window.end
        return [
            SpeechSpan(max(first, start), min(last, end))
            for first, last in self.plan.spans
            if first < end and last > start
        ]

    def _is_loud(self, start: int, end: int) -> bool:
        sound = rms_dbfs([self.recording.read(start, end)])
        speech = rms_dbfs(self.recording.read(span.start, span.end) for span in self._spans())
        return sound is not None and speech is not None and sound > speech - _LOUD_WITHIN_DB

    def _second(self, sample: int) -> float:
        return (sample - self.window.start) / SAMPLE_RATE

    def _sample(self, second: float) -> int:
        sample = self.window.start + round(second * SAMPLE_RATE)
        return int(np.clip(sample, 0, self.recording.n_samples))
