"""A stand-in for the llm: it answers at once, as its attributes say."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from contracts.models import (
    ModelCapabilities,
    ModelIdentity,
    ModelInfo,
    ModelList,
    ModelState,
)
from contracts.options import DecodingOptions, SharedDecodingOptions
from contracts.routing import Route, choose_model, find_route
from contracts.speakers import SpeakerSegmentation
from contracts.transcription import ChunkTranscript
from servicekit.errors import UnknownModelError
from unit.backend.storage.database.recorded import (
    MODEL,
    chunk_transcript,
)

OTHER_MODEL = MODEL.model_copy(update={"name": "other/whisper"})
RUSSIAN_ONLY = ModelCapabilities(
    languages=["ru"],
    detects_language=True,
    punctuation=False,
    translate=False,
    prompt=False,
    beam_search=False,
    temperature=False,
    max_chunk_s=25.0,
)


class StandInLlm:
    """Transcribes chunk n of `write_recording` as "chunk n".

    Attributes:
        model: the model that serves.
        can: what it can do.
        errors: raised for these chunks.
        others: further models, with their languages.
        language: that all speech is in.
        wait_s: seconds for which `wait_for_route` waits.
        before_answer: called with the number of the chunk before each answer.
        text: template of the texts.
        punctuation_error: raised instead of punctuating.
        speakers: who speaks in each stretch of audio; an exception is raised.
        punctuated_words: returned instead of the words with marks.
    """

    def __init__(self) -> None:
        self.model = MODEL
        self.can: ModelCapabilities | None = None
        self.others: list[ModelInfo] = []
        self.language = ""
        self.errors: dict[int, Exception] = {}
        self.text = "chunk {}"
        self.punctuation_error: Exception | None = None
        self.punctuated_words: list[str] | None = None
        self.serving_error: Exception | None = None
        self.speakers: SpeakerSegmentation | Exception | None = None
        self.n_segmented = 0
        self.wait_s = 0.0
        self.before_answer: Callable[[int], Awaitable[None]] | None = None
        self.asked: list[int] = []
        self.punctuated: list[list[str]] = []
        self.n_model_waits = 0
        self.n_active = self.most_active = 0

    async def transcribe(self, pcm: bytes, options: DecodingOptions) -> ChunkTranscript:
        index = int(np.frombuffer(pcm, "<i2")[0]) // 100
        self.asked.append(index)
        self.n_active += 1
        self.most_active = max(self.most_active, self.n_active)
        try:
            if self.before_answer is not None:
                await self.before_answer(index)
            if index in self.errors:
                raise self.errors[index]
            models = (await self.models()).data
            chosen = choose_model(models, options.language, options.model)
            assert chosen is not None
            transcript = one_second_transcript(self.text.format(index), chosen.identity)
            return transcript.model_copy(update={"language": self.language or transcript.language})
        finally:
            self.n_active -= 1

    async def punctuate(self, pcm: bytes, words: Sequence[str], language: str) -> list[str]:
        self.punctuated.append(list(words))
        if self.punctuation_error is not None:
            raise self.punctuation_error
        if self.punctuated_words is not None:
            return self.punctuated_words
        return [*words[:-1], f"{words[-1]}."]

    def concurrency(self) -> int:
        return 2

    async def segment_speakers(self, pcm: bytes) -> SpeakerSegmentation:
        assert pcm
        self.n_segmented += 1
        assert self.speakers is not None
        if isinstance(self.speakers, Exception):
            raise self.speakers
        return self.speakers

    async def models(self) -> ModelList:
        return ModelList(data=[model_info(self.model, ["*"], self.can), *self.others])

    async def route(self, options: SharedDecodingOptions, detected: str | None = None) -> Route:
        models = (await self.models()).data
        try:
            route = find_route(models, options, detected)
        except LookupError:
            raise UnknownModelError(options.model or "", [each.id for each in models]) from None
        assert route is not None
        return route

    async def known_route(self, options: SharedDecodingOptions) -> Route | None:
        return None if self.serving_error is not None else await self.route(options)

    async def wait_for_route(
        self, options: SharedDecodingOptions, detected: str | None = None
    ) -> Route:
        self.n_model_waits += 1
        await asyncio.sleep(self.wait_s)
        return await self.route(options, detected)


def model_info(
    model: ModelIdentity, languages: list[str], can: ModelCapabilities | None = None
) -> ModelInfo:
    """Return a loaded model of the llm."""
    return ModelInfo(
        id=model.name,
        state=ModelState.READY,
        created=1,
        default_languages=languages,
        revision=model.revision,
        engine=model.engine,
        device=model.device,
        capabilities=can,
    )


def one_second_transcript(text: str, model: ModelIdentity) -> ChunkTranscript:
    transcript = chunk_transcript(text)
    segment = transcript.segments[0].model_copy(update={"end": 1.0})
    return transcript.model_copy(update={"segments": [segment], "model": model})
