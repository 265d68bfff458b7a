"""If this fails, the default model, which writes neither marks nor capitals, gives bare text."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import librosa
import pytest
from anyio.to_thread import run_sync

from contracts.audio import SAMPLE_RATE
from contracts.jobs import Job, JobStatus
from contracts.models import ModelIdentity
from contracts.options import ChunkOptions
from contracts.spacing import join_texts
from contracts.transcription import ChunkSegment
from integration.client import transcribe
from integration.llm.conftest import Load
from live_server import serving
from llm import app as app_module
from llm.engines.protocol import (
    BetweenSteps,
    Checkpoint,
    ChunkResult,
    EngineOptions,
    PunctuationEngine,
    Samples,
    SpeechEngine,
    do_nothing,
)
from llm.settings import EMBEDDED_MODEL, LlmSettings
from speech_corpus import shared_speech
from testbed.punctuation import PunctuationScores, bare_words
from testbed.services import running_service

pytestmark = pytest.mark.slow

MEDIUM = "whisper-medium-ru"
RECORDING = "ru/asterisk/vm-msginstruct.wav"


class Shared:
    """An engine that stays open for other tests."""

    def __init__(self, engine: SpeechEngine) -> None:
        self._engine = engine
        self.identity, self.compute = engine.identity, engine.compute
        self.capabilities = engine.capabilities
        self.parallel_audio_s = engine.parallel_audio_s

    def transcribe(
        self,
        chunks: Sequence[Samples],
        options: ChunkOptions,
        between_steps: BetweenSteps = do_nothing,
    ) -> list[ChunkResult]:
        return self._engine.transcribe(chunks, options, between_steps)

    def close(self) -> None:
        pass


class Punctuating(Shared):
    """Whisper-base."""

    def punctuate(
        self, chunks: Sequence[Samples], words: Sequence[Sequence[str]], language: str
    ) -> list[list[str]]:
        assert isinstance(self._engine, PunctuationEngine)
        return self._engine.punctuate(chunks, words, language)


class LowerCase(Shared):
    """Writes whisper-base's words as the medium model does: in lower case without marks."""

    def __init__(self, engine: SpeechEngine) -> None:
        super().__init__(engine)
        self.identity = ModelIdentity(**engine.identity.model_dump() | {"name": MEDIUM})

    def transcribe(
        self,
        chunks: Sequence[Samples],
        options: ChunkOptions,
        between_steps: BetweenSteps = do_nothing,
    ) -> list[ChunkResult]:
        results = super().transcribe(chunks, options, between_steps)
        return [
            replace(result, segments=[_bare(segment) for segment in result.segments])
            for result in results
        ]


def _bare(segment: ChunkSegment) -> ChunkSegment:
    words = [
        word.model_copy(update={"word": bare})
        for word in segment.words or []
        for bare in bare_words(word.word)
    ]
    text = join_texts(word.word for word in words)
    return segment.model_copy(update={"text": text, "words": words})


async def test_the_text_of_a_model_without_marks_is_punctuated(
    load: Load, embedded: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper = load("openvino")

    def load_engine(_: str, checkpoint: Checkpoint, __: EngineOptions) -> SpeechEngine:
        kind = Punctuating if checkpoint.name == EMBEDDED_MODEL else LowerCase
        return kind(whisper)

    monkeypatch.setattr(app_module, "load_engine", load_engine)
    (tmp_path / MEDIUM).symlink_to(embedded.folder)
    settings = LlmSettings(
        _env_file=None,
        data_dir=tmp_path,
        llm_model=str(tmp_path / MEDIUM),
        llm_embedded_dir=str(embedded.folder),
    )
    recording = shared_speech() / RECORDING
    async with serving(app_module.create_app(settings)) as url:
        job = await run_sync(partial(_transcribed, url, tmp_path, recording))
    assert (job.status, job.warnings) == (JobStatus.COMPLETED, [])
    assert job.model is not None
    assert job.model.name == MEDIUM
    assert job.result is not None
    own = await run_sync(_own_text, whisper, recording)
    scores = PunctuationScores()
    scores.add(own, job.result.text)
    assert scores.sentence_end.f1 > 0.8
    assert scores.capital.f1 > 0.8
    for segment in job.result.segments:
        assert segment.raw_text
        assert segment.raw_text == segment.raw_text.lower()
        assert bare_words(segment.text) == bare_words(segment.raw_text)


def _transcribed(llm_url: str, folder: Path, recording: Path) -> Job:
    with running_service("backend", folder, LLM_URL=llm_url) as backend:
        return transcribe(backend.url, recording)


def _own_text(engine: SpeechEngine, recording: Path) -> str:
    samples, _ = librosa.load(recording, sr=SAMPLE_RATE, mono=True)
    (result,) = engine.transcribe([samples], ChunkOptions())
    return join_texts(segment.text for segment in result.segments)
