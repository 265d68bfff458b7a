"""Segments from the decoder's tokens, and the signs that a text is not to be trusted."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from llm.engines.whisper.tokens import SpecialTokens

# Source of the four: the Whisper paper, section 4.5, and openai/whisper, `transcribe()`.
MAX_COMPRESSION_RATIO = 2.4
MIN_AVG_LOGPROB = -1.0
MAX_NO_SPEECH_PROB = 0.6
TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(slots=True)
class TokenSpan:
    """Tokens of one segment.

    Attributes:
        start: seconds from the chunk's start.
        end: seconds; at least `start`.
        first: position of its first text token among all text tokens of the chunk.
        tokens: text tokens only.
    """

    start: float
    end: float
    first: int
    tokens: list[int] = field(default_factory=list[int])


def compression_ratio(text: str) -> float:
    """Return the bytes of the text over those of its zlib form; 0 for no text.

    Speech gives about 1.5; a text that says the same again and again gives more.
    """
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded)) if encoded else 0.0


def split_at_timestamps(
    tokens: Sequence[int], special: SpecialTokens, duration_s: float
) -> list[TokenSpan]:
    """Cut a chunk's tokens into segments at its timestamp tokens.

    Args:
        tokens: as decoded; other special tokens are skipped.
        special: tells timestamps from text.
        duration_s: of the chunk; no time goes past it.

    Returns:
        Spans in order that do not overlap and hold all of the text. Text before the first
        timestamp starts at 0, text after the last ends with the chunk: so a checkpoint
        that gives none has one span of the whole chunk.
    """
    spans: list[TokenSpan] = []
    time = 0.0
    span = TokenSpan(0.0, duration_s, 0)
    n_text = 0
    for token in tokens:
        if special.is_timestamp(token):
            # times that run back or past the end are the model's mistake
            time = min(max(time, special.seconds(token)), duration_s)
            if span.tokens:
                span.end = time
                spans.append(span)
            span = TokenSpan(time, duration_s, n_text)
        elif special.is_text(token):
            span.tokens.append(token)
            n_text += 1
    if span.tokens:
        spans.append(span)
    return _without_empty(spans)


def _without_empty(spans: list[TokenSpan]) -> list[TokenSpan]:
    """Join a span of no length to the one before it, or else to the one after it."""
    joined: list[TokenSpan] = []
    for span in spans:
        if joined and (span.end <= span.start or joined[-1].end <= joined[-1].start):
            joined[-1].tokens += span.tokens
            joined[-1].end = span.end
        else:
            joined.append(span)
    return joined


def is_trusted(ratio: float, avg_logprob: float) -> bool:
    """Whether a text neither loops nor is mere guessing."""
    return ratio <= MAX_COMPRESSION_RATIO and avg_logprob >= MIN_AVG_LOGPROB


def is_silence(no_speech_prob: float, avg_logprob: float) -> bool:
    """Whether the model both heard no speech and guessed the text."""
    return no_speech_prob > MAX_NO_SPEECH_PROB and avg_logprob < MIN_AVG_LOGPROB
