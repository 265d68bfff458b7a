"""Score transcripts of the same recordings by several models, with confidence intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import jiwer
import numpy as np

from bench.words import plain_words
from testbed.punctuation import marked_words

_RESAMPLES = 1000
_CONFIDENCE = 95
_SEED = 20

Counts = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


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
class Figure:
    """A value with the interval that has it with a probability of 95 %."""

    value: float
    low: float
    high: float


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
        return _figure(self.word_counts, _rate)

    @cached_property
    def cer(self) -> Figure:
        """The same of characters."""
        texts = [
            (plain_words(one.reference), plain_words(one.transcript)) for one in self.transcribed
        ]
        outputs = [jiwer.process_characters(*pair) for pair in texts]
        return _figure(np.array([_errors(each) for each in outputs], float), _rate)

    @cached_property
    def punctuation_f1(self) -> Figure:
        """F1 of commas, sentence ends and questions after the words that were recognised."""
        counts = [_mark_counts(one.reference, one.transcript) for one in self.transcribed]
        return _figure(np.array(counts, float), _f1)

    @cached_property
    def rtf(self) -> float:
        """Processing seconds per second of audio; lower is better."""
        seconds = sum(one.seconds for one in self.transcribed)
        return seconds / max(1e-9, sum(one.duration_s for one in self.transcribed))

    @cached_property
    def word_counts(self) -> Counts:
        """Wrong words and words of each recording."""
        texts = [
            (plain_words(one.reference), plain_words(one.transcript)) for one in self.transcribed
        ]
        return np.array([_errors(jiwer.process_words(*pair)) for pair in texts], float)


def recommendation(evaluations: Sequence[Evaluation]) -> str:
    """Say which model to use: the fastest of those that make no more errors, as far as is certain.

    A model makes more errors if it does in 95 % of resampled sets of the recordings.
    """
    best = min(evaluations, key=lambda each: each.wer.value)
    as_good = [each for each in evaluations if not _is_worse(each, best)]
    chosen = min(as_good, key=lambda each: each.rtf)
    lines = [f"Use {chosen.model}."]
    if chosen is not best:
        lines.append(
            f"{best.model} makes fewer errors here ({best.wer.value:.1f} % instead of "
            f"{chosen.wer.value:.1f} %), but these recordings are too few to be sure, and it takes "
            f"{best.rtf / max(chosen.rtf, 1e-9):.1f} times as long."
        )
    return " ".join(lines)


def _is_worse(model: Evaluation, best: Evaluation) -> bool:
    if model is best:
        return False
    more = [
        _rate(model.word_counts[sample]) - _rate(best.word_counts[sample])
        for sample in _samples(len(best.transcribed))
    ]
    return bool(np.percentile(more, 100 - _CONFIDENCE) > 0)


def _figure(counts: Counts, value_of: Callable[[Counts], float]) -> Figure:
    """Return a value of the counts of all recordings, with its interval by bootstrap."""
    values = [value_of(counts[sample]) for sample in _samples(len(counts))]
    tail = (100 - _CONFIDENCE) / 2
    low, high = np.percentile(values, [tail, 100 - tail])
    return Figure(value_of(counts), float(low), float(high))


def _samples(n_recordings: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return indices of recordings drawn with replacement, the same ones for each model."""
    generator = np.random.default_rng(_SEED)
    return generator.integers(n_recordings, size=(_RESAMPLES, n_recordings))


def _rate(counts: Counts) -> float:
    errors, total = counts.sum(axis=0)
    return float(100 * errors / max(total, 1))


def _f1(counts: Counts) -> float:
    found, wrong, missed = counts.sum(axis=0)
    return float(100 * 2 * found / max(2 * found + wrong + missed, 1))


def _errors(output: jiwer.WordOutput | jiwer.CharacterOutput) -> tuple[int, int]:
    errors = output.substitutions + output.deletions + output.insertions
    return errors, output.hits + output.substitutions + output.deletions


def _mark_counts(reference: str, transcript: str) -> tuple[int, int, int]:
    """Return the marks that are right, wrong and missing; those of words apart are the latter."""
    expected, written = (list(marked_words(text)) for text in (reference, transcript))
    spoken, heard = (
        " ".join(word.lower().replace("ё", "е") for word, _ in each) for each in (expected, written)
    )
    found = 0
    for chunk in jiwer.process_words(spoken, heard).alignments[0] if heard else []:
        if chunk.type in ("equal", "substitute"):
            ours = written[chunk.hyp_start_idx : chunk.hyp_end_idx]
            theirs = expected[chunk.ref_start_idx : chunk.ref_end_idx]
            found += sum(
                mark == other != "-" for (_, mark), (_, other) in zip(ours, theirs, strict=True)
            )
    n_written, n_expected = (sum(mark != "-" for _, mark in each) for each in (written, expected))
    return found, n_written - found, n_expected - found
