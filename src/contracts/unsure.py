"""Which segments and words a reader should listen to again: the one place that decides it."""

from enum import StrEnum

UNSURE_BELOW_LOGPROB = -0.7
"""Mean log-probability of the tokens under which the model was guessing: each has less than
half the probability, on average. The llm gives a text up for another try at -1.0."""

UNSURE_BELOW_WORD_PROBABILITY = 0.3
"""A word under it is more likely wrong than right."""

NO_SPEECH_ABOVE = 0.6
REPETITION_ABOVE_RATIO = 2.4
"""Source of the two: the Whisper paper, section 4.5, and openai/whisper, `transcribe()`."""


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
    """Return every sign that a segment may be wrong, the gravest first."""
    signs = {
        UnsureSign.REPETITION: compression_ratio > REPETITION_ABOVE_RATIO,
        UnsureSign.NO_SPEECH: no_speech_prob > NO_SPEECH_ABOVE,
        UnsureSign.GUESSED: avg_logprob < UNSURE_BELOW_LOGPROB,
        UnsureSign.WORDS: unsure_words,
    }
    return [sign for sign, is_so in signs.items() if is_so]
