"""Score transcripts of the same recordings by several models, with confidence intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backend.accuracy import (
    Counts,
    count_errors,
    figure_of,
    percent_wrong,
    surely_more_errors,
)
from contracts.evaluation import Figure
from testbed.punctuation import paired_words


@dataclass(frozen=True)
class Transcribed:
    """What a model wrote of a recording.

    Attributes:
        seconds: from sending the recording to its text.
    """

    reference: str
    transcript: str
    duration_s: float
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """A model on all recordings; rates are in percent.

    Attributes:
        peak_bytes: peak memory of the llm service.
    """

    model: str
    transcribed: Sequence[Transcribed]
    peak_bytes: int

    @cached_property
    def wer(self) -> Figure:
        """Wrong, missing and additional words per word."""
        return figure_of(self.word_counts, percent_wrong)

    @cached_property
    def cer(self) -> Figure:
        """The same of characters."""
        return figure_of(np.concatenate([found for _, found in self._counts]), percent_wrong)

    @cached_property
    def punctuation_f1(self) -> Figure:
        """F1 of commas, sentence ends and questions after the words that were recognised."""
        counts = [_mark_counts(one.reference, one.transcript) for one in self.transcribed]
        return figure_of(np.array(counts, float), _f1)

    @cached_property
    def rtf(self) -> float:
        """Processing seconds per second of audio; lower is better."""
        seconds = sum(one.seconds for one in self.transcribed)
        return seconds / max(1e-9, sum(one.duration_s for one in self.transcribed))

    @cached_property
    def word_counts(self) -> Counts:
        """Wrong words and words of each recording."""
        return np.concatenate([found for found, _ in self._counts])

    @cached_property
    def _counts(self) -> list[tuple[Counts, Counts]]:
        return [count_errors([one.reference], one.transcript) for one in self.transcribed]


def recommendation(evaluations: Sequence[Evaluation]) -> str:
    """Say which model to use: the fastest of those that make no more errors, as far as is certain.

    A model makes more errors if it does in 95 % of resampled sets of the recordings.
    """
    if len(evaluations) == 1:
        return f"Only {evaluations[0].model} was evaluated: name another model to compare it with."
    best = min(evaluations, key=lambda each: each.wer.value)
    as_good = [
        each
        for each in evaluations
        if each is best or not surely_more_errors(each.word_counts, best.word_counts)
    ]
    chosen = min(as_good, key=lambda each: each.rtf)
    lines = [f"Use {chosen.model}."]
    if chosen.wer.value > best.wer.value:
        lines.append(
            f"{best.model} makes fewer errors here ({best.wer.value:.1f} % instead of "
            f"{chosen.wer.value:.1f} %), but these recordings are too few to be sure, and it takes "
            f"{best.rtf / max(chosen.rtf, 1e-9):.1f} times as long."
        )
    return " ".join(lines)


def _f1(counts: Counts) -> float:
    found, wrong, missed = counts.sum(axis=0)
    return float(100 * 2 * found / max(2 * found + wrong + missed, 1))


def _mark_counts(reference: str, transcript: str) -> tuple[int, int, int]:
    """Return the marks that are right, wrong and missing; those of words apart are the latter."""
    found = n_expected = n_written = 0
    for expected, written in paired_words(reference, transcript):
        mark, other = (word[1] if word else "-" for word in (expected, written))
        n_expected += mark != "-"
        n_written += other != "-"
        found += mark == other != "-"
    return found, n_written - found, n_expected - found
