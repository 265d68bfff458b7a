"""Signs that a segment may be wrong; no other module computes them."""

from enum import StrEnum

from contracts.thresholds import MAX_COMPRESSION_RATIO, MAX_NO_SPEECH_PROB, UNSURE_AVG_LOGPROB


class UnsureSign(StrEnum):
    """A sign that a segment may be wrong.

    Attributes:
        GUESSED: the model was unsure of the whole segment.
        WORDS: the model was unsure of some words.
        NO_SPEECH: the audio may hold no speech.
        REPETITION: the text repeats itself.
    """

    GUESSED = "guessed"
    WORDS = "words"
    NO_SPEECH = "no_speech"
    REPETITION = "repetition"


def unsure_signs(
    avg_logprob: float, no_speech_prob: float, compression_ratio: float, *, unsure_words: bool
) -> list[UnsureSign]:
    """Return every sign that a segment may be wrong, the most serious first."""
    signs = {
        UnsureSign.REPETITION: compression_ratio > MAX_COMPRESSION_RATIO,
        UnsureSign.NO_SPEECH: no_speech_prob > MAX_NO_SPEECH_PROB,
        UnsureSign.GUESSED: avg_logprob < UNSURE_AVG_LOGPROB,
        UnsureSign.WORDS: unsure_words,
    }
    return [sign for sign, applies in signs.items() if applies]
