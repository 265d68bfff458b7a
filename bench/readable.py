"""Measure the steps to readable text: their time, and that they leave the words right.

`PYTHONPATH=src python -m bench.readable MANIFEST`

MANIFEST has a line of JSON for each recording: `file`, from its own folder, `language` and `text`.
embedded/whisper-base transcribes each one once. Its words, in lower case without marks as some
models write them, then go through each step alone and through all of them. Word errors are counted
without marks and capitals, as they are and with the numbers of both texts in digits. The glossary
has the names in the Russian texts.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jiwer

from backend.errors import UnsupportedMediaError
from backend.readable.numbers import numbers_step
from backend.readable.text import write_readable
from bench.checkpoints import embedded_engine
from bench.glossary import Recording, names_of
from bench.machine import n_cores, this_machine
from bench.pipeline_chunks import Stopwatch, prepare
from bench.punctuation import bare, restored
from bench.recordings import Spoken, duration_s, read_manifest
from bench.words import n_words, plain_words
from contracts.options import TranscribeOptions
from contracts.spacing import join_texts
from contracts.transcription import ChunkSegment, Word
from llm.engines.protocol import PunctuationEngine, Samples

_OFF: Mapping[str, object] = {"punctuation": "none"}
_PUNCTUATION = "punctuation"
RECOGNITION = "recognition, for comparison"


@dataclass
class Texts:
    """The texts of all recordings, by the steps that they went through."""

    references: list[str] = field(default_factory=list[str])
    transcripts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    in_digits: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    references_in_digits: list[str] = field(default_factory=list[str])

    def add(self, one: Spoken, written: Mapping[str, str]) -> None:
        """Add a recording."""
        self.references.append(plain_words(one.text))
        self.references_in_digits.append(_in_digits(one.text, one.language))
        for name, text in written.items():
            self.transcripts.setdefault(name, []).append(plain_words(text))
            self.in_digits.setdefault(name, []).append(_in_digits(text, one.language))

    def lines(self) -> Iterator[str]:
        """Yield the rows of a table."""
        for name, texts in self.transcripts.items():
            wer = 100 * jiwer.wer(self.references, texts)
            in_digits = 100 * jiwer.wer(self.references_in_digits, self.in_digits[name])
            yield f"| {name} | {wer:.2f} | {in_digits:.2f} |"


def main() -> None:
    """Print the word errors by step, and the seconds of each step for an hour of recordings."""
    parser = argparse.ArgumentParser(prog="readable", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    recordings = read_manifest(arguments.manifest)
    variants = _variants(recordings)
    texts, watch, audio_s = Texts(), Stopwatch(), 0.0
    with embedded_engine(arguments.threads) as engine:
        assert isinstance(engine, PunctuationEngine)
        for one in recordings:
            try:
                chunks = prepare(one.path, TranscribeOptions(language=one.language)).chunks
            except UnsupportedMediaError:
                print(f"{one.path.name} is left out: its format is not known")
                continue
            audio_s += duration_s(one.path)
            texts.add(one, _written(engine, one, chunks, variants, watch))
    n_spoken = sum(n_words(text) for text in texts.references)
    print(f"\n{len(texts.references)} recordings, {audio_s:.0f} s, {n_spoken} words\n")
    print("| steps | WER % | WER %, numbers in digits |\n|---|---|---|", *texts.lines(), sep="\n")
    print("\n" + this_machine().describe(arguments.threads))
    print("\n| step | seconds per hour |\n|---|---|")
    for name, seconds in watch.laps_s.items():
        if name:
            print(f"| {name} | {seconds * 3600 / audio_s:.1f} |")


def _variants(recordings: Sequence[Spoken]) -> dict[str, dict[str, object]]:
    """Return the options of each row by its name."""
    russian = {one.text for one in recordings if one.language == "ru"}
    names = sorted({name for text in russian for name in names_of(Recording(text, []))})
    on: dict[str, dict[str, object]] = {
        "numbers": {"numbers": "digits"},
        "typography": {"typography": "auto"},
        f"glossary of {len(names)} names": {"glossary": names},
    }
    every = {name: value for one in on.values() for name, value in one.items()}
    alone = {name: {**_OFF, **one} for name, one in on.items()}
    return {"none": dict(_OFF), _PUNCTUATION: {}, **alone, "all": every}


def _written(
    engine: PunctuationEngine,
    one: Spoken,
    chunks: Sequence[Samples],
    variants: Mapping[str, Mapping[str, object]],
    watch: Stopwatch,
) -> dict[str, str]:
    """Return the text of a recording by the steps that it went through."""
    watch.lap("")
    decoding = TranscribeOptions(language=one.language).decoding()
    recognised = [engine.transcribe([chunk], decoding)[0].segments for chunk in chunks]
    watch.lap(RECOGNITION)
    spoken = [[bare(segment) for segment in segments] for segments in recognised]
    watch.lap("")
    punctuated: list[ChunkSegment] = []
    for chunk, segments in zip(chunks, spoken, strict=True):
        punctuated += restored(engine, chunk, segments, one.language)
    watch.lap(_PUNCTUATION)
    written: dict[str, str] = {}
    for name, chosen in variants.items():
        options = TranscribeOptions.model_validate({"language": one.language, **chosen})
        segments = write_readable(punctuated, one.language, options)
        watch.lap("" if name == _PUNCTUATION else name)
        written[name] = join_texts(segment.text for segment in segments)
    return written


def _in_digits(text: str, language: str) -> str:
    """Return the plain words of a text with its numbers in digits."""
    words = [Word(word=word, start=0, end=0, probability=1) for word in plain_words(text).split()]
    step = numbers_step(language)
    return plain_words(join_texts(word.word for word in (step(words) if step else words)))


if __name__ == "__main__":
    main()
