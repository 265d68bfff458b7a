"""The fast engine hears what the reference hears."""

from collections.abc import Callable

import pytest

from contracts.transcription import DecodingOptions
from integration.llm.conftest import Load
from integration.llm.recordings import samples_of
from speech_corpus import russian_sentences
from spoken_words import wer

pytestmark = pytest.mark.slow

N_SENTENCES = 48


def test_openvino_has_no_more_wrong_words_than_transformers(
    load: Load, record_property: Callable[[str, object], None]
) -> None:
    """Within half a point; one word of these is 0.2 points."""
    sentences = russian_sentences(N_SENTENCES)
    chunks = [samples_of(one) for one in sentences]
    spoken = " ".join(one.text for one in sentences)
    errors: dict[str, float] = {}
    texts: dict[str, list[str]] = {}
    for name in ("openvino", "transformers"):
        results = load(name).transcribe(chunks, DecodingOptions())
        texts[name] = [" ".join(s.text for s in one.segments) for one in results]
        errors[name] = wer(spoken, " ".join(texts[name]))
    apart = wer(" ".join(texts["transformers"]), " ".join(texts["openvino"]))
    record_property("wer", f"{errors}, apart {apart:.4f}")
    assert errors["transformers"] < 0.3
    assert errors["openvino"] <= errors["transformers"] + 0.005
    assert apart < 0.1
