"""A `SpeechEngine` without a model; `test_engine_contract` checks it like the real engines."""

import threading
import time
from collections.abc import Sequence
from math import ceil

from contracts.audio import SAMPLE_RATE
from contracts.models import ComputeSettings, ModelCapabilities, ModelIdentity
from contracts.options import ChunkOptions
from contracts.transcription import ChunkSegment
from llm.engines.protocol import BetweenSteps, ChunkResult, PunctuationEngine, Samples, do_nothing

CAPABILITIES = ModelCapabilities(
    languages=["ru", "de", "en"],
    detects_language=True,
    punctuation=None,
    translate=True,
    prompt=True,
    beam_search=True,
    temperature=True,
    max_chunk_s=30.0,
)

COMPUTE = ComputeSettings(encoder="w8a8", decoder="int8", key_value="bf16", max_rows=8)


class FakeEngine:
    """Returns the number of samples as text; can be blocked, slowed down or made to fail.

    Args:
        delay_s: seconds before the first step of a batch.
        step_s: seconds of a step; a batch takes one for each second of its longest chunk.
    """

    def __init__(self, name: str = "fake", delay_s: float = 0.0, step_s: float = 0.0) -> None:
        self.identity = ModelIdentity(name=name, revision="r", engine="fake", device="cpu")
        self.compute: ComputeSettings | None = COMPUTE
        self.capabilities = CAPABILITIES
        self.delay_s = delay_s
        self.step_s = step_s
        self.parallel_audio_s = 300.0
        self.batches: list[list[int]] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.error: Exception | None = None
        self.closed = False

    def transcribe(
        self,
        chunks: Sequence[Samples],
        options: ChunkOptions,
        between_steps: BetweenSteps = do_nothing,
    ) -> list[ChunkResult]:
        assert not self.closed
        self.batches.append([len(chunk) for chunk in chunks])
        time.sleep(self.delay_s)
        for _ in range(ceil(max(map(len, chunks)) / SAMPLE_RATE)):
            between_steps()
            time.sleep(self.step_s)
        assert self.go_on.wait(10)
        if self.error:
            raise self.error
        return [_result(chunk, options) for chunk in chunks]

    def punctuate(
        self, chunks: Sequence[Samples], words: Sequence[Sequence[str]], language: str
    ) -> list[list[str]]:
        assert len(chunks) == len(words)
        return [[f"{word}." for word in chunk_words] for chunk_words in words]

    def close(self) -> None:
        self.closed = True


def _result(chunk: Samples, options: ChunkOptions) -> ChunkResult:
    segment = ChunkSegment(
        start=0,
        end=len(chunk) / SAMPLE_RATE,
        text=str(len(chunk)),
        avg_logprob=-0.1,
        no_speech_prob=0.0,
        compression_ratio=1.0,
        words=[] if options.word_timestamps else None,
    )
    language = "ru" if options.language == "auto" else options.language
    return ChunkResult(language, 1.0, [segment])


_: PunctuationEngine = FakeEngine()
