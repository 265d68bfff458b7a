"""Compare models on the recordings whose transcripts an owner has corrected."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from anyio.to_thread import run_sync

from backend.accuracy import (
    Counts,
    count_errors,
    figure_of,
    percent_wrong,
    surely_more_errors,
)
from backend.errors import JobNotFoundError
from backend.storage.database import ComparedRecording, EvaluationStore
from contracts.evaluation import CorrectedRecording, Evaluation, ModelAccuracy

MAX_WORDS = 200_000
"""Words of all references: about 25 hours of speech, whose errors take seconds to count."""

MAX_UNITS = 40
"""Units of resampling in a recording, runs of its segments: more take more memory and time."""


@dataclass
class _Scored:
    """The errors of a model, by recording."""

    words: dict[str, Counts] = field(default_factory=dict[str, Counts])
    characters: dict[str, Counts] = field(default_factory=dict[str, Counts])
    seconds: float = 0.0
    audio_s: float = 0.0

    @property
    def rtf(self) -> float | None:
        """Return the seconds of processing per second of audio, if known."""
        return self.seconds / self.audio_s if self.audio_s else None


class ModelEvaluator:
    """Counts the errors of models at each call."""

    def __init__(self, store: EvaluationStore) -> None:
        self._store = store

    async def evaluate(self, owner: str, job_ids: Collection[str]) -> Evaluation:
        """Compare the models on some corrected transcripts.

        Args:
            owner: whose transcripts they are.
            job_ids: empty: all that are offered.

        Raises: JobNotFoundError: one of them is no corrected transcript of the owner.
        """
        offered = await self._store.corrected(owner)
        chosen = set(job_ids) or {one.id for one in offered}
        if not chosen <= {one.id for one in offered}:
            raise JobNotFoundError("No corrected transcript has this id.")
        compared = await self._store.compared(owner, chosen, MAX_WORDS)
        return await run_sync(_evaluation, offered, compared)


def _evaluation(
    offered: Sequence[CorrectedRecording], compared: Sequence[ComparedRecording]
) -> Evaluation:
    used = {one.id for one in compared}
    scored = _scored(compared)
    return Evaluation(
        recordings=[one.model_copy(update={"is_evaluated": one.id in used}) for one in offered],
        models=sorted(
            (_accuracy(model, one) for model, one in scored.items()),
            key=lambda one: one.wer.value,
        ),
        recommended=_recommended(scored),
    )


def _scored(compared: Iterable[ComparedRecording]) -> dict[str, _Scored]:
    scored: dict[str, _Scored] = {}
    for recording in compared:
        if not any(map(str.strip, recording.reference)):
            continue
        for text in recording.texts:
            model = scored.setdefault(text.model, _Scored())
            words, characters = count_errors(recording.reference, text.text)
            model.words[recording.id] = _in_units(words)
            model.characters[recording.id] = _in_units(characters)
            if text.seconds is not None:
                model.seconds += text.seconds
                model.audio_s += text.duration_s
    return scored


def _in_units(counts: Counts) -> Counts:
    """Add up the counts of neighbouring segments where there are many."""
    parts = np.array_split(counts, min(len(counts), MAX_UNITS))
    return np.array([part.sum(axis=0) for part in parts])


def _accuracy(model: str, scored: _Scored) -> ModelAccuracy:
    words, characters = (
        np.concatenate(list(counts.values())) for counts in (scored.words, scored.characters)
    )
    return ModelAccuracy(
        model=model,
        n_recordings=len(scored.words),
        n_words=int(words.sum(axis=0)[1]),
        wer=figure_of(words, percent_wrong),
        cer=figure_of(characters, percent_wrong),
        rtf=scored.rtf,
    )


def _recommended(scored: Mapping[str, _Scored]) -> str | None:
    """Return the fastest model of those that make no more errors, as far as is certain."""
    if len(scored) < 2:
        return None
    common = set.intersection(*(set(one.words) for one in scored.values()))
    if not common:
        return None
    counts = {
        model: np.concatenate([one.words[recording] for recording in sorted(common)])
        for model, one in scored.items()
    }
    best = min(counts, key=lambda model: percent_wrong(counts[model]))
    as_good = [
        model
        for model in counts
        if model == best or not surely_more_errors(counts[model], counts[best])
    ]
    return min(as_good, key=lambda model: scored[model].rtf or float("inf"))
