"""The real weights punctuate the bare words of real speech."""

import json

import librosa
import numpy as np
import pytest

from contracts.options import ChunkOptions
from integration.llm.conftest import Load
from llm.engines.protocol import PunctuationEngine
from speech_corpus import shared_speech
from testbed.punctuation import PunctuationScores, bare_words

pytestmark = pytest.mark.slow

MAX_S = 29.5


def test_russian_prompts_get_their_sentence_ends_commas_and_capitals(load: Load) -> None:
    """Measured on 357 words: F1 of sentence ends 0.84, capitals 0.89, commas 0.65.

    A quarter of the texts have no mark at their end.
    """
    folder = shared_speech()
    engine = load("openvino")
    assert isinstance(engine, PunctuationEngine)
    scores = PunctuationScores()
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if not entry["file"].startswith("ru/asterisk/") or entry["duration_s"] > MAX_S:
            continue
        samples, _ = librosa.load(folder / entry["file"], sr=16_000, mono=True)
        words = bare_words(entry["text"])
        (punctuated,) = engine.punctuate([samples.astype(np.float32)], [words], "ru")
        scores.add(entry["text"], " ".join(punctuated))
    assert scores.n_words > 300
    assert scores.sentence_end.f1 > 0.8
    assert scores.capital.f1 > 0.85
    assert scores.comma.f1 > 0.55


def test_a_chunk_is_punctuated_alike_alone_and_in_a_batch(load: Load) -> None:
    folder = shared_speech()
    engine = load("openvino")
    assert isinstance(engine, PunctuationEngine)
    chunks = []
    words = []
    for name in ("confbridge-lock-no-join", "vm-msginstruct", "agent-user"):
        path = folder / "ru" / "asterisk" / f"{name}.wav"
        samples, _ = librosa.load(path, sr=16_000, mono=True)
        chunks.append(samples.astype(np.float32))
        (result,) = engine.transcribe([chunks[-1]], ChunkOptions())
        words.append(bare_words(" ".join(segment.text for segment in result.segments)))
    alone = [
        engine.punctuate([chunk], [one], "ru")[0] for chunk, one in zip(chunks, words, strict=True)
    ]
    together = engine.punctuate(chunks, words, "ru")
    differing = sum(
        a != b for pair in zip(alone, together, strict=True) for a, b in zip(*pair, strict=True)
    )
    assert differing <= 0.05 * sum(map(len, words))
