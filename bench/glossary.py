"""Measure what a glossary changes: terms found, false alarms, and errors in the other words.

`PYTHONPATH=src python -m bench.glossary MANIFEST`

MANIFEST has a line of JSON for each recording: `file`, from its own folder, `language` and `text`;
those in Russian are taken, each text once. The terms are the names in the texts: words with a
capital that begin no sentence, in their dictionary form. The recordings take turns in two halves,
so that each half is decoded with its own terms (speech with them) and with those of the other half
(speech without).
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jiwer

from backend.errors import UnsupportedMediaError
from backend.morphology import russian_morphology
from backend.readable.text import write_readable
from bench.checkpoints import embedded_engine
from bench.machine import n_cores
from bench.pipeline_chunks import prepare
from bench.words import n_words, plain_words
from contracts.options import TranscribeOptions
from contracts.sentences import ends_sentence
from contracts.transcription import ChunkSegment
from llm.engines.protocol import Samples, SpeechEngine

LANGUAGE = "ru"
"""Names begin with a capital in Russian texts, and are declined."""

_CYRILLIC = re.compile("[А-ЯЁ][а-яё]+").fullmatch
_MIN_LETTERS = 4


@dataclass(frozen=True)
class Recording:
    """A recording as the model gets it, and what is spoken."""

    text: str
    chunks: Sequence[Samples]


@dataclass
class Found:
    """Names in texts, counted by recording and spelling.

    Attributes:
        n_spoken: names of the glossary in the references.
        n_right: those in the transcripts too, with their form and capital.
        n_wrong: names of the glossary in transcripts where the reference has none.
    """

    n_spoken: int = 0
    n_right: int = 0
    n_wrong: int = 0
    references: list[str] = field(default_factory=list[str])
    transcripts: list[str] = field(default_factory=list[str])

    def add(self, reference: str, transcript: str, terms: frozenset[str]) -> None:
        """Add a recording."""
        spoken, written = (_names(text, terms) for text in (reference, transcript))
        self.n_spoken += spoken.total()
        self.n_right += (spoken & written).total()
        self.n_wrong += (written - spoken).total()
        self.references.append(plain_words(reference))
        self.transcripts.append(plain_words(transcript))

    def line(self) -> str:
        """Return the cells of a table."""
        wer = 100 * jiwer.wer(self.references, self.transcripts)
        words = sum(n_words(text) for text in self.references)
        recall = f"{self.n_right} of {self.n_spoken}" if self.n_spoken else "none spoken"
        return f"{words} | {recall} | {self.n_wrong} | {wer:.2f} %"


def main() -> None:
    """Print a table for speech with the terms, and one for speech without them."""
    parser = argparse.ArgumentParser(prog="glossary", description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--engine", default="openvino")
    parser.add_argument("--beam-size", type=int, default=1)
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    recordings = list(_recordings(arguments.manifest))
    halves = [recordings[::2], recordings[1::2]]
    terms = [sorted({name for one in half for name in names_of(one)}) for half in halves]
    print("terms:", *(", ".join(of_half) for of_half in terms), sep="\n")
    with embedded_engine(arguments.threads, arguments.engine) as engine:
        decoder = Decoder(engine, arguments.beam_size)
        for title, swapped in (("with the terms", False), ("without the terms", True)):
            print(
                f"\n| speech {title} | words | found | false alarms | WER |\n|---|---|---|---|---|"
            )
            for steps in ("nothing", "text", "decoding", "both"):
                found = Found()
                for number, half in enumerate(halves):
                    other = {name for one in half for name in names_of(one)} if swapped else set()
                    glossary = set(terms[number != swapped]) - other
                    _measure(decoder, half, glossary, steps, found)
                print(f"| {steps} | {found.line()} |", flush=True)


def names_of(recording: Recording) -> set[str]:
    """Return the names in a text, in their dictionary form."""
    return {_lemma(name) for name in _capitalised(recording.text)}


@dataclass
class Decoder:
    """Decodes recordings, each with the same glossary once."""

    engine: SpeechEngine
    beam_size: int
    _decoded: dict[tuple[str, str], list[ChunkSegment]] = field(
        default_factory=dict[tuple[str, str], list[ChunkSegment]]
    )

    def segments(self, recording: Recording, glossary: str) -> list[ChunkSegment]:
        """Return the segments of all chunks."""
        key = (recording.text, glossary)
        if key not in self._decoded:
            options = _options(glossary=glossary, beam_size=self.beam_size).decoding()
            self._decoded[key] = [
                segment
                for chunk in recording.chunks
                for segment in self.engine.transcribe([chunk], options)[0].segments
            ]
        return self._decoded[key]


def _options(**chosen: object) -> TranscribeOptions:
    return TranscribeOptions.model_validate({"language": LANGUAGE, **chosen})


def _measure(
    decoder: Decoder,
    recordings: Iterable[Recording],
    terms: Iterable[str],
    steps: str,
    found: Found,
) -> None:
    with_terms, without = _options(glossary=sorted(terms)), _options()
    reading = with_terms if steps in ("text", "both") else without
    decoding = with_terms if steps in ("decoding", "both") else without
    for one in recordings:
        segments = decoder.segments(one, decoding.glossary)
        readable = write_readable(segments, LANGUAGE, reading)
        transcript = " ".join(segment.text for segment in readable)
        found.add(one.text, transcript, frozenset(terms))


def _names(text: str, terms: frozenset[str]) -> Counter[str]:
    words = re.findall(r"[^\W\d_]+", text)
    return Counter(word for word in words if word[:1].isupper() and _lemma(word) in terms)


def _capitalised(text: str) -> list[str]:
    words = text.split()
    names: list[str] = []
    for place, word in enumerate(words[1:], 1):
        core = word.strip(".,!?…:;-—\"'«»()")
        begins = ends_sentence(words[:place], word) or words[place - 1][-1] in '-—:"«'
        if _CYRILLIC(core) and len(core) >= _MIN_LETTERS and not begins:
            names.append(core)
    return names


def _lemma(name: str) -> str:
    """Return the nominative of a name."""
    return russian_morphology().parse(name.lower())[0].normal_form.capitalize()


def _recordings(manifest: Path) -> Iterable[Recording]:
    seen: set[str] = set()
    for line in manifest.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        if one["text"] in seen or one["language"] != LANGUAGE:
            continue
        seen.add(one["text"])
        options = _options()
        try:
            chunks = prepare(manifest.parent / one["file"], options).chunks
        except UnsupportedMediaError:
            continue
        yield Recording(one["text"], chunks)


if __name__ == "__main__":
    main()
