"""Builds transcripts for tests."""

from contracts.transcription import Segment, Speaker, Transcript, Word


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


def conversation(*turns: tuple[str | None, str], names: dict[str, str] | None = None) -> Transcript:
    """Return turns of a second each, as (id of the speaker, text)."""
    segments = [
        segment(text, at, at + 1).model_copy(update={"speaker": speaker, "index": at})
        for at, (speaker, text) in enumerate(turns)
    ]
    ids = dict.fromkeys(speaker for speaker, _ in turns if speaker)
    speakers = [
        Speaker(id=each, name=(names or {}).get(each), speech_s=1, share=1 / len(ids))
        for each in ids
    ]
    return transcript(*segments).model_copy(update={"speakers": speakers})
