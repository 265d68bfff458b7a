"""The signs that a segment may be wrong, computed in this one place."""

from enum import StrEnum

from contracts.thresholds import MAX_COMPRESSION_RATIO, MAX_NO_SPEECH_PROB, UNSURE_AVG_LOGPROB


class UnsureSign(StrEnum):
    """Why a segment may be wrong.

    The model guessed at all of it; at some of its words; there may be no speech; it says the
    same again and again.
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
