"""Drafts save steps of the decoder and never change a text."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.options import DecodingOptions
from llm.engines.whisper.attempt import EncodedChunk, write
from llm.engines.whisper.engine import WhisperEngine
from llm.engines.whisper.search import Hypothesis
from llm.engines.whisper.speculation import Draft, DraftReader
from unit.llm.engines.conftest import Load

N_PROPOSED = 5
RNG = np.random.default_rng(1)
CHUNKS = [RNG.normal(0, 0.1, 16_000 * 2).astype(np.float32) * np.float32(n) for n in (1, 0.3, 2)]

DAMAGES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["drop", "replace", "insert"])), max_size=12
)


@pytest.fixture(scope="module")
def engine(load: Load) -> WhisperEngine:
    return load("openvino")


def written(
    engine: WhisperEngine, drafts: Sequence[Sequence[int]], options: DecodingOptions
) -> list[Hypothesis]:
    encoder_outputs = engine.network.encode(CHUNKS, full_context=True)
    chunks = [
        EncodedChunk(chunk, encoder_output, Draft(tuple(draft), N_PROPOSED))
        for chunk, encoder_output, draft in zip(CHUNKS, encoder_outputs, drafts, strict=True)
    ]
    return write(engine.network, chunks, options)[1]


def damaged(tokens: Sequence[int], damages: Sequence[tuple[int, str]]) -> list[int]:
    draft = list(tokens)
    for place, damage in damages:
        if damage == "insert":
            draft.insert(place, 77)
        elif place < len(draft):
            draft[place : place + 1] = [] if damage == "drop" else [78]
    return draft


@given(st.lists(DAMAGES, min_size=3, max_size=3), st.sampled_from(["", "AB\nCD"]))
@settings(deadline=None, max_examples=20)
def test_a_text_does_not_depend_on_its_draft(
    engine: WhisperEngine, damages: list[list[tuple[int, str]]], glossary: str
) -> None:
    """Otherwise a wrong draft would put words into a transcript."""
    options = DecodingOptions(language="ru", glossary=glossary)
    texts = written(engine, [()] * 3, options)
    assert any(len(text.tokens) > N_PROPOSED for text in texts)
    drafts = [damaged(text.tokens, one) for text, one in zip(texts, damages, strict=True)]
    for found, text in zip(written(engine, drafts, options), texts, strict=True):
        assert found.tokens == text.tokens
        assert found.logprobs == pytest.approx(text.logprobs, abs=0.001)
        assert found.avg_logprob == pytest.approx(text.avg_logprob, abs=0.001)
        assert len(found.queries) == len(text.queries)
        for one, other in zip(found.queries, text.queries, strict=True):
            assert np.allclose(one, other, atol=0.001)


def test_a_text_is_that_of_the_search_without_drafts(engine: WhisperEngine) -> None:
    """A model that drafts are switched on for must write as before."""
    options = DecodingOptions(language="ru")
    encoder_outputs = engine.network.encode(CHUNKS, full_context=True)
    chunks = [EncodedChunk(*pair) for pair in zip(CHUNKS, encoder_outputs, strict=True)]
    _, expected = write(engine.network, chunks, options)
    for found, text in zip(written(engine, [()] * 3, options), expected, strict=True):
        assert found.tokens == text.tokens
        assert found.avg_logprob == pytest.approx(text.avg_logprob, abs=0.01)


def test_a_right_draft_saves_steps(engine: WhisperEngine) -> None:
    """Otherwise the drafts would only cost time."""
    options = DecodingOptions(language="ru")
    texts = written(engine, [()] * 3, options)
    for found in written(engine, [text.tokens for text in texts], options):
        n_tokens = len(found.tokens) + 1
        assert found.n_steps <= 2 + n_tokens // (N_PROPOSED + 1)


@pytest.mark.parametrize(
    ("draft", "text", "proposals"),
    [
        ([1, 2, 3, 4, 5], [1, 2], (3, 4, 5)),
        ([1, 2, 3, 4, 5], [1, 9], (3, 4, 5)),
        ([1, 2, 3, 4, 5], [1, 3], (4, 5)),
        ([1, 2, 3, 4, 5], [1, 9, 2, 3], (4, 5)),
        ([1, 2, 3, 4, 5], [1, 9, 8, 4], (5,)),
        ([1, 2, 3], [1, 2, 3, 4], ()),
        ([], [1, 2], ()),
    ],
    ids=["the same", "replaced", "left out", "added", "two for one", "longer", "no draft"],
)
def test_a_draft_continues_after_a_difference(
    draft: list[int], text: list[int], proposals: tuple[int, ...]
) -> None:
    """Otherwise the rest of a draft would be useless after its first wrong word."""
    reader = DraftReader(Draft(tuple(draft), 8))
    for end in range(1, len(text) + 1):
        reader.follow(text[:end])
    assert reader.proposals() == proposals
