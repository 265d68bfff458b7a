"""The memory of the engine does not grow with the variety of what it transcribes."""

from pathlib import Path

import numpy as np
import pytest

from contracts.options import ChunkOptions
from integration.llm.conftest import Load
from integration.llm.recordings import samples_of
from llm.engines.whisper.engine import WhisperEngine
from speech_corpus import russian_sentences

pytestmark = pytest.mark.slow

ALLOWED_GROWTH_MIB = 30


def private_mib() -> float:
    """Return the memory of this process without mapped files."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("RssAnon:"))
    return int(line.split()[1]) / 1024


def test_texts_of_new_lengths_take_no_more_memory(load: Load) -> None:
    """Measured: 300 MiB more after 120 lengths when each was read as it was."""
    engine = load("openvino")
    assert isinstance(engine, WhisperEngine)
    network = engine.network
    chunk = samples_of(russian_sentences(1)[0])
    engine.transcribe([chunk], ChunkOptions())
    (encoder_output,) = network.encode([chunk], full_context=False)
    tokens = np.random.default_rng(0).integers(0, 50_000, 120).tolist()

    def read(lengths: range) -> None:
        """Read prompts of the given lengths, each followed by a text of twenty tokens."""
        for length in lengths:
            decoder = network.start_decoder([encoder_output])
            reads = [tokens[:length], *([token] for token in tokens[-20:])]
            outputs = [decoder.advance(np.array([read])) for read in reads]
            network.attention(encoder_output, [output.queries[0] for output in outputs], 100)

    read(range(1, 100, 8))
    before = private_mib()
    read(range(2, 100))
    assert private_mib() - before < ALLOWED_GROWTH_MIB
