"""Drafts are made while they save time, in the style of the model that verifies them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from contracts.models import ComputeSettings, ModelIdentity
from contracts.options import ChunkOptions, DecodingOptions
from llm.engines.protocol import BetweenSteps, ChunkResult, Samples, do_nothing
from llm.engines.whisper.assistant import Assistant
from llm.engines.whisper.engine import WhisperEngine
from unit.llm.engines.conftest import Load
from unit.llm.fake_engine import CAPABILITIES

CHUNKS = [np.zeros(16_000, np.float32)]
N_PROPOSED = 5


@dataclass
class Drafting:
    """A model that always drafts the same text."""

    tokens: tuple[int, ...]
    identity = ModelIdentity(name="small", revision="r", engine="e", device="cpu")
    compute: ComputeSettings | None = None
    capabilities = CAPABILITIES
    parallel_audio_s = 300.0
    is_closed = False

    def draft(self, chunks: Sequence[Samples], options: DecodingOptions) -> list[tuple[int, ...]]:
        del options
        return [self.tokens] * len(chunks)

    def transcribe(
        self,
        chunks: Sequence[Samples],
        options: ChunkOptions,
        between_steps: BetweenSteps = do_nothing,
    ) -> list[ChunkResult]:
        raise NotImplementedError

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def engine(load: Load) -> WhisperEngine:
    return load("openvino")


def assistant_of(engine: WhisperEngine, text: str) -> Assistant:
    vocabulary = engine.network.vocabulary
    return Assistant(Drafting(tuple(vocabulary.tokens(text))), vocabulary, N_PROPOSED, 2.5)


def draft(engine: WhisperEngine, assistant: Assistant) -> str:
    (one,) = assistant.drafts(CHUNKS, DecodingOptions())
    return engine.network.vocabulary.text(one.tokens)


def test_drafts_pause_when_they_cost_time_and_are_tried_again(engine: WhisperEngine) -> None:
    """Otherwise a model of another style would be slower with drafts than without them."""
    assistant = assistant_of(engine, " One.")
    for _ in range(100):
        assistant.observe("One.", n_tokens=30, n_steps=10)
    assert draft(engine, assistant) == " One."
    for _ in range(30):
        assistant.observe("One.", n_tokens=20, n_steps=10)
    without = [draft(engine, assistant) for _ in range(300)]
    assert without[0] == ""
    assert without[-1] == " One."
    assert without.count("") < 250


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["привет как дела"] * 20, " what well-known it's 5 o'clock"),
        (["привет как дела"] * 19 + ["Привет"], " What - well-known: it's 5 o'clock!"),
        (["привет, как дела"] * 20, " What - well-known: it's 5 o'clock!"),
        (["привет как дела"], " What - well-known: it's 5 o'clock!"),
    ],
    ids=["plain", "with a capital", "with a mark", "too few to tell"],
)
def test_drafts_for_a_model_without_capitals_and_marks_have_none(
    engine: WhisperEngine, texts: list[str], expected: str
) -> None:
    """Otherwise every capital and every mark of a draft would be a wrong token."""
    assistant = assistant_of(engine, " What - well-known: it's 5 o'clock!")
    for text in texts:
        assistant.observe(text, n_tokens=40, n_steps=10)
    assert draft(engine, assistant) == expected


def test_the_assistant_is_closed_with_its_engine(engine: WhisperEngine) -> None:
    """Otherwise its memory would leak whenever a model is replaced."""
    drafting = Drafting(())
    assistant = Assistant(drafting, engine.network.vocabulary, N_PROPOSED, 2.5)
    assisted = WhisperEngine(engine.identity, engine.network, None, assistant)
    assert assisted.assistant is drafting
    assisted.close()
    assert drafting.is_closed
