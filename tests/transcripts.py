"""Builds transcripts for tests."""

from contracts.transcription import Segment, Transcript, Word


def segment(
    text: str, start: float = 0.0, end: float = 1.0, *, words: list[Word] | None = None
) -> Segment:
    return Segment(
        index=0,
        start=start,
        end=end,
        text=text,
        avg_logprob=-0.1,
        no_speech_prob=0.0,
        compression_ratio=1.0,
        words=words,
    )


def transcript(*segments: Segment) -> Transcript:
    return Transcript(
        text=" ".join(one.text for one in segments),
        language="ru",
        duration_s=max((one.end for one in segments), default=0.0),
        speech_s=0.0,
        segments=list(segments),
    )
