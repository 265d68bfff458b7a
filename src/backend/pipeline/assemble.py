"""Puts the chunks' transcripts together into one, with times of the recording."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from math import ceil, inf

from backend.pipeline.chunk import Chunk
from backend.pipeline.vad import SpeechSpan
from contracts.audio import SAMPLE_RATE
from contracts.transcription import ChunkSegment, ChunkTranscript, Segment, Transcript, Word

SNAP_S = 0.5
"""A segment's edge inside speech, this near to an edge of it, is put there."""

EDGE_PADDING_S = 0.1
"""Kept around speech: soft beginnings and endings lie under the detector's threshold."""

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
        self._edges = _SpeechEdges(spans)
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
                self._append(piece, chunk.start_s)

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

    def _append(self, piece: ChunkSegment, offset_s: float) -> None:
        previous_end = self._segments[-1].end if self._segments else 0.0
        latest_start = max(self._duration_s - MIN_SEGMENT_S, 0.0)
        if self._segments and previous_end > latest_start:  # no room left before the end
            self._segments[-1].text += f" {piece.text.strip()}"
            return
        beginning = self._edges.beginning(offset_s + piece.start)
        start = min(max(beginning, previous_end), latest_start)
        end = min(self._edges.ending(offset_s + piece.end), self._duration_s)
        end = max(end, start + MIN_SEGMENT_S)
        self._segments.append(self._placed(piece, offset_s, start, end))

    def _placed(self, piece: ChunkSegment, offset_s: float, start: float, end: float) -> Segment:
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


class _SpeechEdges:
    """Moves the model's times, which are coarse, to where speech begins and ends.

    A time in a pause goes to the speech that it can only mean: the next one for a
    beginning, the one before for an ending.
    """

    def __init__(self, spans: Sequence[SpeechSpan]) -> None:
        self._starts = [span.start / SAMPLE_RATE for span in spans]
        self._ends = [span.end / SAMPLE_RATE for span in spans]

    def beginning(self, time_s: float) -> float:
        following = bisect_left(self._starts, time_s)
        if self._is_in_pause(time_s) and following < len(self._starts):
            return self._starts[following] - EDGE_PADDING_S
        return _snapped(time_s, self._starts, -EDGE_PADDING_S)

    def ending(self, time_s: float) -> float:
        before = bisect_right(self._ends, time_s) - 1
        if self._is_in_pause(time_s) and before >= 0:
            return self._ends[before] + EDGE_PADDING_S
        return _snapped(time_s, self._ends, EDGE_PADDING_S)

    def _is_in_pause(self, time_s: float) -> bool:
        begun = bisect_right(self._starts, time_s)
        return begun == 0 or self._ends[begun - 1] < time_s


def _snapped(time_s: float, edges: Sequence[float], padding_s: float) -> float:
    """Return the nearest of the sorted edges, padded, if it is near enough, else the time."""
    place = bisect_left(edges, time_s)
    neighbours = edges[max(place - 1, 0) : place + 1]
    nearest = min(neighbours, key=lambda edge: abs(edge - time_s), default=inf)
    return nearest + padding_s if abs(nearest - time_s) <= SNAP_S else time_s


def _shifted(word: Word, offset_s: float, earliest: float, latest: float) -> Word:
    start = min(max(word.start + offset_s, earliest), latest)
    end = min(max(word.end + offset_s, start), latest)
    return word.model_copy(update={"start": round(start, 3), "end": round(end, 3)})
