"""Choose the probability under which a word is marked as unsure, and measure the marks.

`PYTHONPATH=src python -m bench.unsure_words MANIFEST`

MANIFEST has a line of JSON for each recording: `file`, from its own folder, `language` and `text`.
Each text counts once. The threshold is chosen on half of the texts and reported on the other half:
sorted by length, they take turns, so both halves have as much speech.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer

from backend.errors import UnsupportedMediaError
from bench.checkpoints import embedded_engine
from bench.machine import n_cores
from bench.pipeline_chunks import prepare
from bench.words import plain_words
from contracts.options import TranscribeOptions
from contracts.thresholds import UNSURE_WORD_PROBABILITY
from contracts.transcription import Word
from llm.engines.protocol import SpeechEngine

_THRESHOLDS = [n / 100 for n in range(10, 80, 5)]


@dataclass(frozen=True)
class JudgedWord:
    """A word of the model, and whether the reference has another or none in its place."""

    probability: float
    is_wrong: bool


@dataclass(frozen=True)
class Marks:
    """How well the words under a threshold are those that are wrong.

    Attributes:
        precision: share of the marked words that are wrong.
        recall: share of the wrong words that are marked.
    """

    n_words: int
    n_wrong: int
    n_marked: int
    precision: float
    recall: float

    @classmethod
    def under(cls, threshold: float, words: Sequence[JudgedWord]) -> "Marks":
        """Return what marking every word under a probability finds."""
        marked = [word for word in words if word.probability < threshold]
        n_wrong = sum(word.is_wrong for word in words)
        n_found = sum(word.is_wrong for word in marked)
        return cls(
            len(words),
            n_wrong,
            len(marked),
            n_found / max(len(marked), 1),
            n_found / max(n_wrong, 1),
        )


def main() -> None:
    """Print precision and recall by threshold, then those of the choice by language."""
    parser = argparse.ArgumentParser(prog="unsure_words", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    halves: list[dict[str, list[JudgedWord]]] = [defaultdict(list), defaultdict(list)]
    with embedded_engine(arguments.threads) as engine:
        for number, one in enumerate(_by_length(arguments.manifest)):
            words = _transcribe(engine, arguments.manifest.parent / one["file"], one["language"])
            halves[number % 2][one["language"]] += judge(words, one["text"])
    chosen_on, reported_on = ([word for of in half.values() for word in of] for half in halves)
    print("| threshold | precision, choosing half | recall | precision, other half | recall |")
    print("|---|---|---|---|---|")
    for threshold in _THRESHOLDS:
        sides = (Marks.under(threshold, words) for words in (chosen_on, reported_on))
        figures = " | ".join(f"{side.precision:.2f} | {side.recall:.2f}" for side in sides)
        print(f"| {threshold:.2f} | {figures} |")
    print(
        f"\nThe choosing half says {choose(chosen_on)}; marked under {UNSURE_WORD_PROBABILITY}:\n"
    )
    print("| other half | words | wrong | marked | precision | recall |\n|---|---|---|---|---|---|")
    for name, words in [("all", reported_on), *sorted(halves[1].items())]:
        found = Marks.under(UNSURE_WORD_PROBABILITY, words)
        print(
            f"| {name} | {found.n_words} | {found.n_wrong} | {found.n_marked} "
            f"| {found.precision:.2f} | {found.recall:.2f} |"
        )


def choose(words: Sequence[JudgedWord]) -> float:
    """Return the threshold at which the lower one of precision and recall is highest."""

    def worse(threshold: float) -> float:
        found = Marks.under(threshold, words)
        return min(found.precision, found.recall)

    return max(_THRESHOLDS, key=worse)


def judge(words: Iterable[Word], reference: str) -> list[JudgedWord]:
    """Align words with the reference; those substituted or inserted are wrong.

    Words without letters or digits are left out. A word of several parts, as with a hyphen, is
    wrong if one of them is.
    """
    spoken = [(word, plain_words(word.word).split()) for word in words]
    spoken = [(word, parts) for word, parts in spoken if parts]
    owners = [n for n, (_, parts) in enumerate(spoken) for _ in parts]
    written = " ".join(part for _, parts in spoken for part in parts)
    if not spoken:
        return []
    wrong = {
        owners[place]
        for piece in jiwer.process_words(plain_words(reference), written).alignments[0]
        if piece.type in ("substitute", "insert")
        for place in range(piece.hyp_start_idx, piece.hyp_end_idx)
    }
    return [JudgedWord(word.probability, n in wrong) for n, (word, _) in enumerate(spoken)]


def _by_length(manifest: Path) -> list[dict[str, Any]]:
    """Return the first recording of each text, longest text first."""
    first: dict[str, dict[str, Any]] = {}
    for line in manifest.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        first.setdefault(one["text"], one)
    return sorted(first.values(), key=lambda one: -len(one["text"]))


def _transcribe(engine: SpeechEngine, path: Path, language: str) -> Iterator[Word]:
    options = TranscribeOptions.model_validate({"language": language})
    try:
        chunks = prepare(path, options).chunks
    except UnsupportedMediaError:
        print(f"{path.name} is left out: its format is not known")
        return
    for chunk in chunks:
        (result,) = engine.transcribe([chunk], options.decoding())
        for segment in result.segments:
            yield from segment.words or []


if __name__ == "__main__":
    main()
