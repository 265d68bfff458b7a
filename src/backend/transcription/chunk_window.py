"""The text of a window of audio, while speech that has no words is decoded again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from backend.pipeline.coverage import (
    MIN_UNCOVERED_S,
    plausible_words,
    uncovered_speech,
    words_of,
)
from backend.pipeline.regions import (
    halves_of,
    pieces_of,
    regions_without_words,
    replace_words,
    territories_of,
    with_pauses,
)
from backend.pipeline.spans import TimeSpan, joined_spans
from backend.transcription.chunk_audio import ChunkAudio
from contracts.report import ReportItem, ReportKind
from contracts.thresholds import (
    MAX_COMPRESSION_RATIO,
    MAX_NO_SPEECH_PROB,
    MIN_AVG_LOGPROB,
    UNSURE_AVG_LOGPROB,
)
from contracts.transcription import ChunkSegment, ChunkTranscript

MIN_GAIN_S = 0.3
"""Seconds of speech that another text has to cover more, to replace the first one."""

MIN_HALVED_S = 3.0
"""A shorter piece is not divided: the model needs some context."""

_DETAILS = {
    ReportKind.MUSIC: "Held tones, and no words were recognised.",
    ReportKind.NOISE: "No words were recognised.",
    ReportKind.DOUBTFUL: "The words do not fill this time, or were too improbable to keep.",
    ReportKind.DROPPED_AS_SILENCE: "A text that the model makes up in silence was dropped.",
    ReportKind.DECODED_AGAIN: "The first attempt skipped this speech.",
}


@dataclass(frozen=True)
class SpeechPiece:
    """Speech to decode by itself, and the time in which its words replace the earlier ones."""

    speech: TimeSpan
    territory: TimeSpan


@dataclass
class ChunkWindow:
    """A window of audio with the text so far; all times are on its clock."""

    audio: ChunkAudio
    transcript: ChunkTranscript
    segments: list[ChunkSegment]
    decoded_again: list[TimeSpan] = field(default_factory=list[TimeSpan])
    refused: list[tuple[TimeSpan, ReportKind]] = field(
        default_factory=list[tuple[TimeSpan, ReportKind]]
    )
    punctuation_failed: bool = False

    def __post_init__(self) -> None:
        self.speech = self.audio.speech()

    def pieces(self) -> list[SpeechPiece]:
        """Return the pieces of all speech without words."""
        pieces: list[SpeechPiece] = []
        for region in regions_without_words(self.segments, self.speech, self.audio.quietest):
            spoken = pieces_of(region, self.speech, self.audio.quietest)
            territory = with_pauses(region, self.speech)
            pieces += map(SpeechPiece, spoken, territories_of(spoken, territory))
        return pieces

    def halves(self, piece: SpeechPiece) -> list[SpeechPiece]:
        """Return both halves of a piece that still has speech without words."""
        if piece.speech.length_s < MIN_HALVED_S or not self._uncovered_s(
            self.segments, piece.territory
        ):
            return []
        halves = halves_of(piece.speech, self.audio.quietest)
        return [*map(SpeechPiece, halves, territories_of(halves, piece.territory))]

    def improve(
        self, piece: SpeechPiece, transcript: ChunkTranscript, segments: Sequence[ChunkSegment]
    ) -> None:
        """Replace the words of a piece if others cover more of its speech.

        Args:
            transcript: of the piece.
            segments: its segments, on the clock of the window.
        """
        if transcript.hallucination_suppressed:
            self.refused.append((piece.territory, ReportKind.DROPPED_AS_SILENCE))
        elif any(_is_doubtful(segment) for segment in segments):
            self.refused.append((piece.territory, ReportKind.DOUBTFUL))
        else:
            improved = replace_words(self.segments, piece.territory, segments)
            gain_s = self._uncovered_s(self.segments, piece.territory) - self._uncovered_s(
                improved, piece.territory
            )
            if gain_s >= MIN_GAIN_S:
                self.segments = improved
                self.decoded_again.append(piece.speech)

    def report(self) -> list[ReportItem]:
        """Return what became of the speech that has no words, or got them later."""
        again = [(span, ReportKind.DECODED_AGAIN) for span in joined_spans(self.decoded_again)]
        without = [
            (gap, self._reason(gap))
            for gaps in uncovered_speech(self.segments, self.speech)
            for gap in gaps
        ]
        return [
            ReportItem(start=span.start, end=span.end, kind=kind, detail=_DETAILS[kind])
            for span, kind in sorted([*again, *without])
        ]

    def _reason(self, gap: TimeSpan) -> ReportKind:
        for span, kind in reversed(self.refused):
            if span.overlap_s(gap) > 0:
                return kind
        if self.transcript.hallucination_suppressed and not self.segments:
            return ReportKind.DROPPED_AS_SILENCE
        words = words_of(self.segments)
        plausible = plausible_words(words, self.speech)
        if any(
            gap.overlap_s(TimeSpan(word.start, word.end)) > 0
            for word in words
            if word not in plausible
        ):
            return ReportKind.DOUBTFUL
        is_music = self.audio.between(gap).is_music()
        return ReportKind.MUSIC if is_music else ReportKind.NOISE

    def _uncovered_s(self, segments: Sequence[ChunkSegment], territory: TimeSpan) -> float:
        gaps = [gap for gaps in uncovered_speech(segments, self.speech) for gap in gaps]
        uncovered_s = sum(gap.overlap_s(territory) for gap in gaps)
        return uncovered_s if uncovered_s >= MIN_UNCOVERED_S else 0.0


def _is_doubtful(segment: ChunkSegment) -> bool:
    is_improbable = segment.avg_logprob < MIN_AVG_LOGPROB
    is_guessed = segment.avg_logprob < UNSURE_AVG_LOGPROB
    may_be_silence = segment.no_speech_prob > MAX_NO_SPEECH_PROB
    return (
        is_improbable
        or (is_guessed and may_be_silence)
        or segment.compression_ratio > MAX_COMPRESSION_RATIO
    )
