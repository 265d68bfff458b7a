"""If these fail, speech is lost without a sign: neither words nor an entry in the report."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from anyio import CapacityLimiter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.errors import LlmFailedError
from backend.pipeline.assemble import Assembly
from backend.pipeline.chunk import Chunk
from backend.pipeline.pcm import PcmRecording, PcmWriter
from backend.transcription.chunk_audio import ChunkAudio
from backend.transcription.chunk_recognizer import ChunkRecognizer
from backend.transcription.plan import Plan
from contracts.audio import SAMPLE_RATE
from contracts.models import ModelIdentity, ModelInfo, ModelState
from contracts.options import ChunkOptions, TranscribeOptions
from contracts.routing import Route
from contracts.transcription import ChunkSegment, ChunkTimings, ChunkTranscript, Word

DURATION_S = 24
MODEL = ModelIdentity(name="m", revision="r", engine="e", device="cpu")
ROUTE = Route((ModelInfo(id="m", state=ModelState.READY, default_languages=["*"]),))

texts = st.sampled_from(["и", "да", "регистрация", "25", "номер,", "However", "的"])
lengths_s = st.sampled_from([0.0, 0.02, 0.3, 0.8, 4.0, 18.0])
words = st.lists(st.tuples(texts, lengths_s, st.sampled_from([0.0, 0.3, 2.0])), max_size=12)
edges = st.lists(st.integers(0, DURATION_S * 10), min_size=2, max_size=12, unique=True)
answers = st.lists(
    st.tuples(words, st.floats(-1.5, 0), st.booleans(), st.sampled_from(["ru", "en"])), max_size=8
)


class ScriptedLlm:
    """Gives any answers, whatever it is asked; None fails."""

    def __init__(self, script: list) -> None:
        self._script = script
        self.n_asked = 0

    async def transcribe(self, pcm: bytes, options: ChunkOptions) -> ChunkTranscript:
        self.n_asked += 1
        if self.n_asked > len(self._script) > 0:
            raise LlmFailedError("It failed.") if self.n_asked > 1 else AssertionError
        spoken, logprob, is_suppressed, language = (
            self._script[self.n_asked - 1] if self._script else ([], -0.1, False, "ru")
        )
        duration_s = len(pcm) / 2 / SAMPLE_RATE
        timed = [] if is_suppressed else timed_words(spoken, duration_s)
        segments = [
            ChunkSegment(
                start=word.start, end=word.end, text=word.word, avg_logprob=logprob,
                no_speech_prob=0.1, compression_ratio=1, words=[word],
            )
            for word in timed
        ]  # fmt: skip
        return ChunkTranscript(
            text=" ".join(word.word for word in timed), language=language,
            language_probability=0.9, duration_s=duration_s, segments=segments,
            hallucination_suppressed=is_suppressed, model=MODEL,
            timings=ChunkTimings(queue_s=0, inference_s=0, batch_size=1),
        )  # fmt: skip

    async def punctuate(self, pcm: bytes, words: Sequence[str], language: str) -> list[str]:
        return [f"{word}." for word in words]


def timed_words(spoken: list, duration_s: float) -> list[Word]:
    timed: list[Word] = []
    start = 0.0
    for text, length_s, pause_s in spoken:
        start = min(start + pause_s, duration_s)
        end = min(start + length_s, duration_s)
        timed.append(Word(word=text, start=start, end=end, probability=0.9))
        start = end
    return timed


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> PcmRecording:
    noise = np.random.default_rng(1).normal(0, 0.05, DURATION_S * SAMPLE_RATE)
    path: Path = tmp_path_factory.mktemp("pcm") / "pcm"
    with PcmWriter(path) as writer:
        writer.write(noise.astype(np.float32))
        return writer.recording()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(edges=edges, script=answers, language=st.sampled_from(["ru", "auto"]))
def test_no_second_of_speech_is_without_words_or_an_entry(
    recording: PcmRecording, edges: list[int], script: list, language: str
) -> None:
    """Whatever the model answers: stretched, empty, made-up or doubtful texts, and failures."""
    tenths = sorted(edges)[: len(edges) // 2 * 2]
    spans = [
        (a * SAMPLE_RATE // 10, b * SAMPLE_RATE // 10)
        for a, b in zip(tenths[::2], tenths[1::2], strict=True)
    ]
    chunk = Chunk(max(spans[0][0] - 4_800, 0), min(spans[-1][1] + 4_800, recording.n_samples))
    plan = Plan(
        n_samples=recording.n_samples, peak=0.5, audio_sha256="", spans=spans, gain_db=0.0,
        chunks=[(chunk.start, chunk.end)], warnings=[],
    )  # fmt: skip
    options = TranscribeOptions(language=language)
    audio = ChunkAudio(recording, plan, options.normalization_options(), chunk)
    llm = ScriptedLlm(script)
    try:
        recognized = asyncio.run(
            ChunkRecognizer(llm, ROUTE, CapacityLimiter(2)).recognize(audio, options.decoding())
        )
    except LlmFailedError:
        return  # the job fails with a problem of its own
    added = Assembly(plan.speech_spans(), plan.duration_s, language).add(chunk, recognized)

    assert llm.n_asked <= 40
    assert all(a.end <= b.start for a, b in pairwise(added.segments))
    spoken = [
        (word.start, word.end)
        for one in added.segments
        for word in one.words or []
        if speech_in(word, spans) < 4.5  # nobody needs longer for any of the texts
    ]
    explained = sorted([*spoken, *((item.start, item.end) for item in added.report)])
    for start, end in spans:
        assert longest_gap_s(start / SAMPLE_RATE, end / SAMPLE_RATE, explained) < 1.0


def speech_in(word: Word, spans: list[tuple[int, int]]) -> float:
    return sum(
        max(min(word.end, end / SAMPLE_RATE) - max(word.start, start / SAMPLE_RATE), 0.0)
        for start, end in spans
    )


def longest_gap_s(start: float, end: float, explained: list[tuple[float, float]]) -> float:
    longest = 0.0
    for first, last in explained:
        if first > start:
            longest = max(longest, min(first, end) - start)
        start = max(start, last)
    return max(longest, end - start)
