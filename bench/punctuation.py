"""Score punctuation and capitals on texts that have them.

`PYTHONPATH=src python -m bench.punctuation MANIFEST [--only ru/asterisk/ other/]`
`PYTHONPATH=src python -m bench.punctuation --packages`

MANIFEST has a line of JSON for each recording: `file`, from its own folder, `language` and `text`
with real marks: those of festvox-ru mark pauses. `--packages` takes the prompts of Debian's
asterisk-core-sounds-ru, and for questions the sentences of its festvox-ru that have one. Each text
counts once; texts without a mark or a capital are left out. Three ways are compared, all by
embedded/whisper-base: the reference's words punctuated by their sound; its own words, in lower case
without marks as some models write them, punctuated by their sound; and its own punctuation, as the
ceiling.
"""

import argparse
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import jiwer

from backend.pipeline.coverage import words_of
from backend.readable.punctuation import lacks_punctuation, with_punctuation
from bench.checkpoints import embedded_engine
from bench.machine import n_cores
from bench.pipeline_chunks import prepare
from bench.recordings import Spoken, read_manifest
from contracts.options import TranscribeOptions
from contracts.spacing import join_texts
from contracts.transcription import ChunkSegment
from llm.engines.protocol import PunctuationEngine, Samples
from testbed.prompts import questions, telephone_prompts
from testbed.punctuation import PunctuationScores, Score, bare_words, marked_words

WAYS = ("the reference's words", "the model's words without marks", "the model's own marks")


def main() -> None:
    """Print a table of F1 for all languages together, and one for each."""
    parser = argparse.ArgumentParser(prog="punctuation", description=__doc__)
    parser.add_argument("manifest", type=Path, nargs="?")
    parser.add_argument("--packages", action="store_true", help="recordings of Debian packages")
    parser.add_argument("--only", nargs="*", default=[""], metavar="PREFIX", help="of the files")
    parser.add_argument("--threads", type=int, default=n_cores())
    arguments = parser.parse_args()
    if arguments.packages == (arguments.manifest is not None):
        parser.error("name a manifest, or --packages")
    texts = _packaged() if arguments.packages else _of(arguments.manifest, arguments.only)
    scores: dict[str, dict[str, PunctuationScores]] = defaultdict(
        lambda: {way: PunctuationScores() for way in WAYS}
    )
    with embedded_engine(arguments.threads) as engine:
        assert isinstance(engine, PunctuationEngine)
        for name, recordings in texts.items():
            for one in with_real_marks(recordings):
                for way, text in zip(WAYS, _punctuated(engine, one), strict=True):
                    scores[name][way].add(one.text, text)
                    scores["all"][way].add(one.text, text)
    print("| texts | words | punctuated | comma | sentence end | question | capital |")
    print("|---|---|---|---|---|---|---|")
    for name, by_way in scores.items():
        for way, score in by_way.items():
            kinds = (score.comma, score.sentence_end, score.question, score.capital)
            print(f"| {name} | {score.n_words} | {way} | {' | '.join(map(_cell, kinds))} |")


def _of(manifest: Path, only: Sequence[str]) -> dict[str, list[Spoken]]:
    """Return the recordings of a manifest by their language."""
    prefixes = tuple(str(manifest.parent / prefix) for prefix in only)
    by_language: dict[str, list[Spoken]] = defaultdict(list)
    for one in read_manifest(manifest):
        if str(one.path).startswith(prefixes):
            by_language[one.language].append(one)
    return by_language


def _packaged() -> dict[str, list[Spoken]]:
    return {
        name: [Spoken(each.path, each.text, "ru") for each in sentences]
        for name, sentences in (("prompts", telephone_prompts()), ("questions", questions()))
    }


def with_real_marks(recordings: Iterable[Spoken]) -> Iterator[Spoken]:
    """Yield the first recording of each text that has a mark and a capital."""
    seen: set[str] = set()
    for one in recordings:
        words = list(marked_words(one.text))
        is_marked = any(mark != "-" for _, mark in words) and one.text != one.text.lower()
        if is_marked and one.text not in seen:
            seen.add(one.text)
            yield one


def bare(segment: ChunkSegment) -> ChunkSegment:
    """Return a segment in lower case without punctuation, as some models write it."""
    words = [
        word.model_copy(update={"word": core})
        for word in segment.words or []
        for core in bare_words(word.word)
    ]
    text = join_texts(word.word for word in words)
    return segment.model_copy(update={"text": text, "words": words})


def restored(
    engine: PunctuationEngine, chunk: Samples, segments: Sequence[ChunkSegment], language: str
) -> list[ChunkSegment]:
    """Punctuate the words of a chunk as the backend does."""
    spoken = [segment for segment in segments if segment.words]
    words = words_of(spoken)
    if not lacks_punctuation(words):
        return spoken
    (punctuated,) = engine.punctuate([chunk], [[word.word for word in words]], language)
    return with_punctuation(spoken, punctuated)


def _punctuated(engine: PunctuationEngine, one: Spoken) -> tuple[str, str, str]:
    """Return the text of a recording in each of the ways."""
    options = TranscribeOptions(language=one.language)
    chunks = prepare(one.path, options).chunks
    own = [engine.transcribe([chunk], options.decoding())[0].segments for chunk in chunks]
    again = [
        restored(engine, chunk, [bare(segment) for segment in segments], one.language)
        for chunk, segments in zip(chunks, own, strict=True)
    ]
    texts = [join_texts(segment.text for segment in segments) for segments in own]
    forced = [
        word
        for chunk, words in zip(chunks, _divided(bare_words(one.text), texts), strict=True)
        if words
        for word in engine.punctuate([chunk], [words], one.language)[0]
    ]
    restored_text = join_texts(segment.text for segments in again for segment in segments)
    return " ".join(forced), restored_text, join_texts(texts)


def _divided(words: Sequence[str], texts: Sequence[str]) -> list[list[str]]:
    """Divide the words of a recording among its chunks, by the text of each chunk."""
    recognised = [bare_words(text) for text in texts]
    divided: list[list[str]] = [[] for _ in texts]
    ends = list(accumulate(map(len, recognised)))
    found = " ".join(word for each in recognised for word in each)
    if not found:
        return divided
    for piece in jiwer.process_words(" ".join(words), found).alignments[0]:
        for offset, word in enumerate(words[piece.ref_start_idx : piece.ref_end_idx]):
            place = min(piece.hyp_start_idx + offset, max(piece.hyp_end_idx - 1, 0))
            divided[min(bisect_right(ends, place), len(texts) - 1)].append(word)
    return divided


def _cell(score: Score) -> str:
    return f"{score.f1:.2f} ({score.found + score.missed})"


if __name__ == "__main__":
    main()
