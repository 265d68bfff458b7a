"""Build words, with their times, from tokens of which only the starts are known."""

from collections.abc import Sequence
from math import exp

import numpy as np
from numpy.typing import NDArray

from contracts.audio import SAMPLE_RATE
from contracts.transcription import Word
from llm.engines.protocol import Samples
from llm.engines.words import (
    LEVEL_STEP_S,
    MIN_WORD_S,
    group_into_words,
    logprobs_of_letters,
    loud_steps,
)

_PAUSE_STEPS = 3
"""Quiet steps that end a word: the closure of a stop consonant is shorter than three of 20 ms."""

_MAX_TOKEN_S = 0.5
"""Longest time from the start of a word's last token to the word's end."""


def words_of(
    tokens: Sequence[str], starts: Sequence[float], logprobs: Sequence[float], chunk: Samples
) -> list[Word]:
    """Return the words that the tokens spell.

    A word begins with its first token. It ends in the first pause after its last token began, or
    where the next word begins.

    Args:
        tokens: text, in which a space begins a word, as a token of its own or as a part of one.
        starts: seconds, ascending, one per token.
        logprobs: natural log-probability of each token.
        chunk: the sound.

    Returns:
        Words with ascending times within the chunk, with the space before them, if any. The
        probability of a word is that of all its tokens, one after another.
    """

    def text(numbers: Sequence[int]) -> str:
        return "".join(tokens[n] for n in numbers)

    numbers = range(len(tokens))
    letters = logprobs_of_letters(numbers, logprobs, text)
    loud, duration_s = loud_steps(chunk), len(chunk) / SAMPLE_RATE
    bounds = [*starts, duration_s]
    words: list[Word] = []
    for word, space, end in group_into_words(numbers, text):
        first = space + (end - space > 1 and not tokens[space].strip())
        start_s = min(bounds[first], duration_s)
        ends_s = min(_pause_after(bounds[end - 1], loud), bounds[end], duration_s)
        words.append(
            Word(
                word=word,
                start=round(start_s, 3),
                end=round(max(ends_s, min(start_s + MIN_WORD_S, duration_s)), 3),
                probability=round(min(1.0, exp(sum(letters[first:end]))), 4),
            )
        )
    return words


def _pause_after(second: float, loud: NDArray[np.bool_]) -> float:
    """Return the second at which the first pause after another one begins."""
    first = round(second / LEVEL_STEP_S)
    last = first + round(_MAX_TOKEN_S / LEVEL_STEP_S)
    for step in range(first, min(last, len(loud))):
        if not loud[step : step + _PAUSE_STEPS].any():
            return step * LEVEL_STEP_S
    return last * LEVEL_STEP_S
