"""The fast engine makes no more errors than the reference."""

from collections.abc import Callable
from statistics import mean, stdev

import pytest

from contracts.transcription import ChunkOptions
from integration.llm.conftest import Load
from integration.llm.recordings import samples_of
from speech_corpus import russian_sentences
from spoken_words import n_wrong, wer, words

pytestmark = pytest.mark.slow

N_SENTENCES = 32
MAX_WORSE = 0.005


def test_openvino_has_no_more_wrong_words_than_transformers(
    load: Load, record_property: Callable[[str, object], None]
) -> None:
    """At most half a point more, beyond two standard errors of so few words."""
    sentences = russian_sentences(N_SENTENCES)
    chunks = [samples_of(one) for one in sentences]
    texts: dict[str, list[str]] = {}
    for name in ("openvino", "transformers"):
        results = load(name).transcribe(chunks, ChunkOptions())
        texts[name] = [" ".join(s.text for s in one.segments) for one in results]
    worse = [
        n_wrong(spoken.text, fast) - n_wrong(spoken.text, reference)
        for spoken, fast, reference in zip(
            sentences, texts["openvino"], texts["transformers"], strict=True
        )
    ]
    n_words = len(words(" ".join(one.text for one in sentences)))
    chance = 2 * stdev(worse) * N_SENTENCES**0.5 / n_words
    apart = wer(" ".join(texts["transformers"]), " ".join(texts["openvino"]))
    worse_by = mean(worse) * N_SENTENCES / n_words
    record_property("wer", f"worse by {worse_by:.4f} ± {chance:.4f}, apart {apart:.4f}")
    assert worse_by <= MAX_WORSE + chance
    assert apart < 0.1
