"""Puts the chunks' transcripts together into one, with times of the recording."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from math import ceil

from backend.pipeline.chunk import Chunk
from backend.pipeline.vad import SpeechSpan
from contracts.audio import SAMPLE_RATE
from contracts.transcription import ChunkSegment, ChunkTranscript, Segment, Transcript, Word

SNAP_S = 0.5
"""A segment's edge this near to an edge of speech is put there: the VAD knows it better."""

MIN_SEGMENT_S = 0.02
"""Length given to a segment whose edges fall together: one step of the model's clock."""


class Assembly:
    """A transcript that grows chunk by chunk; its segments are in order and never overlap.

    Args:
        spans: what the VAD found in the whole recording.
        duration_s: the recording's length.
        language: the language asked for, which stands while nothing is recognised.
    """

    def __init__(self, spans: Sequence[SpeechSpan], duration_s: float, language: str) -> None:
        self._starts = [span.start / SAMPLE_RATE for span in spans]
        self._ends = [span.end / SAMPLE_RATE for span in spans]
        self._speech_s = sum(span.end - span.start for span in spans) / SAMPLE_RATE
        self._duration_s = duration_s
        self._language = language
        self._seconds_by_language: Counter[str] = Counter()
        self._segments: list[Segment] = []

    def add(self, chunk: Chunk, transcript: ChunkTranscript) -> None:
        """Append what was recognised in the chunk that follows the last one added."""
        self._seconds_by_language[transcript.language] += ceil(chunk.duration_s)
        for piece in transcript.segments:
            if piece.text.strip():
                self._segments.append(self._placed(piece, chunk.start_s))

    def transcript(self) -> Transcript:
        """Return what there is so far."""
        found = self._seconds_by_language.most_common(1)
        return Transcript(
            text=" ".join(segment.text for segment in self._segments),
            language=found[0][0] if found else self._language,
            duration_s=round(self._duration_s, 3),
            speech_s=round(self._speech_s, 3),
            segments=list(self._segments),
        )

    def _placed(self, piece: ChunkSegment, offset_s: float) -> Segment:
        previous_end = self._segments[-1].end if self._segments else 0.0
        start = max(_snapped(offset_s + piece.start, self._starts), previous_end)
        end = min(_snapped(offset_s + piece.end, self._ends), self._duration_s)
        end = max(end, start + MIN_SEGMENT_S)
        return Segment(
            index=len(self._segments),
            start=round(start, 3),
            end=round(end, 3),
            text=piece.text.strip(),
            avg_logprob=piece.avg_logprob,
            no_speech_prob=piece.no_speech_prob,
            compression_ratio=piece.compression_ratio,
            words=piece.words and [_shifted(word, offset_s, start, end) for word in piece.words],
        )


def _snapped(time_s: float, edges: Sequence[float]) -> float:
    """Return the nearest of the sorted edges, if it is near enough, else the time itself."""
    place = bisect_left(edges, time_s)
    nearest = min(
        edges[max(place - 1, 0) : place + 1], key=lambda edge: abs(edge - time_s), default=time_s
    )
    return nearest if abs(nearest - time_s) <= SNAP_S else time_s


def _shifted(word: Word, offset_s: float, earliest: float, latest: float) -> Word:
    start = min(max(word.start + offset_s, earliest), latest)
    end = min(max(word.end + offset_s, start), latest)
    return word.model_copy(update={"start": round(start, 3), "end": round(end, 3)})
