"""However the fast engine computes, it makes no more errors than the reference."""

from collections.abc import Callable
from dataclasses import replace
from statistics import mean, stdev

import pytest
import torch

from contracts.options import ChunkOptions, DecodingOptions
from integration.llm.recordings import samples_of
from llm.engines.openvino.compilation import has_vnni
from llm.engines.protocol import (
    Checkpoint,
    EncoderType,
    EngineOptions,
    KeyValueType,
    SpeechEngine,
)
from llm.engines.registry import load_engine
from llm.engines.whisper.attempt import EncodedChunk, write
from llm.engines.whisper.engine import WhisperEngine
from llm.engines.whisper.search import Hypothesis
from llm.engines.whisper.speculation import Draft
from llm.threads import available_cores
from speech_corpus import russian_sentences
from spoken_words import n_wrong, wer, words
from testbed.speech import Sentence

pytestmark = pytest.mark.slow

N_SENTENCES = 32
MAX_WORSE = 0.005

ENCODERS = [
    each
    for each in EncoderType
    if each is not EncoderType.AUTO and (each is not EncoderType.W8A8 or has_vnni())
]


def transcribed(engine: SpeechEngine, sentences: list[Sentence]) -> list[str]:
    results = engine.transcribe([samples_of(one) for one in sentences], ChunkOptions())
    engine.close()
    return [" ".join(segment.text for segment in one.segments) for one in results]


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> EngineOptions:
    return EngineOptions("cpu", available_cores(), tmp_path_factory.mktemp("engines"))


@pytest.fixture(scope="module")
def sentences() -> list[Sentence]:
    return russian_sentences(N_SENTENCES)


@pytest.fixture(scope="module")
def reference(embedded: Checkpoint, options: EngineOptions, sentences: list[Sentence]) -> list[str]:
    """The texts of the transformers engine, in float32."""
    return transcribed(load_engine("transformers", embedded, options), sentences)


@pytest.mark.parametrize(
    ("encoder_type", "key_value_type"),
    [
        *((each, KeyValueType.BF16) for each in ENCODERS),
        (EncoderType.FP32, KeyValueType.FP32),
    ],
)
def test_every_way_to_compute_has_no_more_wrong_words_than_the_reference(  # noqa: PLR0917
    embedded: Checkpoint,
    options: EngineOptions,
    sentences: list[Sentence],
    reference: list[str],
    record_property: Callable[[str, object], None],
    encoder_type: EncoderType,
    key_value_type: KeyValueType,
) -> None:
    way = replace(options, encoder_type=encoder_type, key_value_type=key_value_type, max_rows=8)
    texts = transcribed(load_engine("openvino", embedded, way), sentences)
    check_words(sentences, texts, reference, record_property)


@pytest.mark.parametrize("key_value_type", [KeyValueType.BF16, KeyValueType.FP32])
def test_real_speech_is_written_alike_whatever_its_draft(
    embedded: Checkpoint,
    options: EngineOptions,
    sentences: list[Sentence],
    key_value_type: KeyValueType,
) -> None:
    """If it fails, a draft puts words into a transcript."""
    settings = replace(options, key_value_type=key_value_type, encoder_type=EncoderType.INT8)
    engine = load_engine("openvino", embedded, settings)
    assert isinstance(engine, WhisperEngine)
    samples = [samples_of(one) for one in sentences[:10]]
    encoder_outputs = engine.network.encode(samples, full_context=True)

    def written(drafts: list[tuple[int, ...]]) -> list[Hypothesis]:
        chunks = [
            EncodedChunk(*parts, Draft(draft, 5))
            for *parts, draft in zip(samples, encoder_outputs, drafts, strict=True)
        ]
        return write(engine.network, chunks, DecodingOptions(language="ru"))[1]

    expected = written([()] * len(samples))
    own = [text.tokens for text in expected]
    wrong = [
        draft[: len(draft) // 3] + other[:4] + draft[len(draft) // 2 :]
        for draft, other in zip(own, [*own[1:], own[0]], strict=True)
    ]
    for drafts in (own, wrong):
        found = written(drafts)
        for one, text in zip(found, expected, strict=True):
            assert is_alike(one, text), (one.tokens, text.tokens)
        assert sum(one.n_steps for one in found) < sum(text.n_steps for text in expected)
    engine.close()


def is_alike(one: Hypothesis, other: Hypothesis) -> bool:
    """Return whether texts are equal, or part where two tokens are equally probable."""
    pairs = zip(one.tokens, other.tokens, one.logprobs, other.logprobs, strict=False)
    parted = next((abs(p - q) for token, its, p, q in pairs if token != its), None)
    return one.tokens == other.tokens if parted is None else parted < 0.05


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA card")
def test_a_card_has_no_more_wrong_words_than_the_reference(
    embedded: Checkpoint,
    options: EngineOptions,
    sentences: list[Sentence],
    reference: list[str],
    record_property: Callable[[str, object], None],
) -> None:
    """In bfloat16 or float16, with as many rows as fit."""
    on_card = load_engine("transformers", embedded, replace(options, device="cuda"))
    check_words(sentences, transcribed(on_card, sentences), reference, record_property)


def check_words(
    sentences: list[Sentence],
    texts: list[str],
    reference: list[str],
    record_property: Callable[[str, object], None],
) -> None:
    """Allow half a point more wrong words, beyond two standard errors of so few words."""
    worse = [
        n_wrong(spoken.text, fast) - n_wrong(spoken.text, exact)
        for spoken, fast, exact in zip(sentences, texts, reference, strict=True)
    ]
    n_words = len(words(" ".join(one.text for one in sentences)))
    chance = 2 * stdev(worse) * N_SENTENCES**0.5 / n_words
    apart = wer(" ".join(reference), " ".join(texts))
    worse_by = mean(worse) * N_SENTENCES / n_words
    record_property("wer", f"worse by {worse_by:.4f} ± {chance:.4f}, apart {apart:.4f}")
    assert worse_by <= MAX_WORSE + chance
    assert apart < 0.1
