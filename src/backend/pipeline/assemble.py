"""Merges the chunks' transcripts into segments with times of the recording."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, inf

from backend.pipeline.chunk import Chunk
from backend.pipeline.spans import SpeechSpan
from backend.pipeline.speakers.words import SpeakerTurns, SpokenSegment
from contracts.audio import SAMPLE_RATE
from contracts.report import ReportItem
from contracts.spacing import join_texts
from contracts.transcription import ChunkSegment, RecognizedChunk, Segment, Word

SNAP_S = 0.5
"""A segment's edge inside speech snaps to an edge of the speech span within this distance."""

EDGE_PADDING_S = 0.1
"""Kept around speech: soft beginnings and endings lie under the detector's threshold."""

MIN_SEGMENT_S = 0.02
"""Length of a segment whose edges coincide: one step of the model's timestamps."""


@dataclass(frozen=True)
class AssembledChunk:
    """What a chunk adds to a transcript; times are those of the recording.

    Attributes:
        segments: the new segments; before them the last segment of earlier chunks, if text that
            did not fit before the recording's end was appended to it.
        report: what became of speech without words.
    """

    segments: list[Segment]
    report: list[ReportItem]


class Assembly:
    """Turns chunk transcripts into segments that are in order and never overlap.

    Args:
        spans: the speech spans of the whole recording.
        duration_s: the recording's length.
        language: the requested language, reported until a chunk is added.
        speakers: who speaks when; None: unknown.

    Attributes:
        seconds_by_detected_language: seconds of audio added so far that surely sound like each
            language.
    """

    def __init__(
        self,
        spans: Sequence[SpeechSpan],
        duration_s: float,
        language: str,
        speakers: SpeakerTurns | None = None,
    ) -> None:
        self._edges = _SpeechEdges(spans)
        self._duration_s = duration_s
        self._language = language
        self._speakers = speakers
        self._seconds_by_language: Counter[str] = Counter()
        self.seconds_by_detected_language: Counter[str] = Counter()
        self._last: Segment | None = None

    @property
    def language(self) -> str:
        """The language of most of the audio added so far."""
        most_common = self._seconds_by_language.most_common(1)
        return most_common[0][0] if most_common else self._language

    @property
    def seconds_by_language(self) -> Counter[str]:
        """Seconds of audio added so far, in each language."""
        return self._seconds_by_language

    def add(self, chunk: Chunk, recognized: RecognizedChunk) -> AssembledChunk:
        """Add what was recognized in the next chunk."""
        seconds = recognized.seconds_by_language
        self._seconds_by_language.update(seconds or {recognized.language: ceil(chunk.duration_s)})
        self.seconds_by_detected_language.update(recognized.seconds_by_detected_language)
        offset_s = chunk.start_s - recognized.lead_s
        changed: dict[int, Segment] = {}
        for spoken in self._spoken(recognized.segments, offset_s):
            if spoken.segment.text.strip():
                self._last = self._place(spoken, offset_s)
                changed[self._last.index] = self._last
        report = [
            item.model_copy(
                update={
                    "start": round(max(item.start + offset_s, 0.0), 3),
                    "end": round(min(item.end + offset_s, self._duration_s), 3),
                }
            )
            for item in recognized.report
        ]
        return AssembledChunk(list(changed.values()), report)

    def _spoken(
        self, segments: Sequence[ChunkSegment], offset_s: float
    ) -> Sequence[SpokenSegment[ChunkSegment]]:
        if self._speakers is None:
            return [SpokenSegment(segment, speaker=None, overlap=False) for segment in segments]
        return self._speakers.split(segments, offset_s)

    def _place(self, spoken: SpokenSegment[ChunkSegment], offset_s: float) -> Segment:
        """Return a segment after the last one, or the last one extended by its text."""
        segment = spoken.segment
        text = segment.text.strip()
        previous_end = self._last.end if self._last else 0.0
        latest_start = max(self._duration_s - MIN_SEGMENT_S, 0.0)
        if self._last and previous_end > latest_start:  # the recording ends here
            return self._last.model_copy(update={"text": join_texts([self._last.text, text])})
        snapped_start = self._edges.snap_start(
            offset_s + segment.start, offset_s + _first_end(segment)
        )
        start = min(max(snapped_start, previous_end), latest_start)
        end = min(self._edges.snap_end(offset_s + segment.end), self._duration_s)
        end = max(end, start + MIN_SEGMENT_S)
        return Segment(
            index=self._last.index + 1 if self._last else 0,
            start=round(start, 3),
            end=round(end, 3),
            text=text,
            avg_logprob=segment.avg_logprob,
            no_speech_prob=segment.no_speech_prob,
            compression_ratio=segment.compression_ratio,
            raw_text=segment.raw_text,
            speaker=spoken.speaker,
            overlap=spoken.overlap,
            words=segment.words
            and [_shift_word(word, offset_s, start, end) for word in segment.words],
        )


class _SpeechEdges:
    """Moves the model's coarse times to where speech begins and ends.

    A start in a pause moves to the next speech span, an end in a pause to the previous one.
    """

    def __init__(self, spans: Sequence[SpeechSpan]) -> None:
        self._starts = [span.start / SAMPLE_RATE for span in spans]
        self._ends = [span.end / SAMPLE_RATE for span in spans]

    def snap_start(self, time_s: float, first_end_s: float) -> float:
        """Return the start of a segment, whose first word ends at `first_end_s`."""
        following = bisect_left(self._starts, time_s)
        if self._is_in_pause(time_s) and following < len(self._starts):
            if first_end_s < self._starts[following]:  # the detector missed a whole word
                return time_s
            return self._starts[following] - EDGE_PADDING_S
        return _snap(time_s, self._starts, -EDGE_PADDING_S)

    def snap_end(self, time_s: float) -> float:
        previous = bisect_right(self._ends, time_s) - 1
        if self._is_in_pause(time_s) and previous >= 0:
            return self._ends[previous] + EDGE_PADDING_S
        return _snap(time_s, self._ends, EDGE_PADDING_S)

    def _is_in_pause(self, time_s: float) -> bool:
        n_started = bisect_right(self._starts, time_s)
        return n_started == 0 or self._ends[n_started - 1] < time_s


def _first_end(segment: ChunkSegment) -> float:
    """Return where the first word of a segment ends, or the segment if it has no words."""
    return segment.words[0].end if segment.words else segment.end


def _snap(time_s: float, edges: Sequence[float], padding_s: float) -> float:
    """Return the nearest of the sorted edges plus padding if within `SNAP_S`, else the time."""
    index = bisect_left(edges, time_s)
    neighbours = edges[max(index - 1, 0) : index + 1]
    nearest = min(neighbours, key=lambda edge: abs(edge - time_s), default=inf)
    return nearest + padding_s if abs(nearest - time_s) <= SNAP_S else time_s


def _shift_word(word: Word, offset_s: float, earliest_s: float, latest_s: float) -> Word:
    start = min(max(word.start + offset_s, earliest_s), latest_s)
    end = min(max(word.end + offset_s, start), latest_s)
    return word.model_copy(update={"start": round(start, 3), "end": round(end, 3)})
