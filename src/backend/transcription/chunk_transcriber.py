"""Transcribe single chunks, each at most once."""

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from backend.llm_client import LlmClient
from backend.transcription.cache_keys import ChunkContent, chunk_key
from backend.transcription.chunk_audio import ChunkAudio
from backend.transcription.chunk_cache import ChunkCache
from backend.transcription.chunk_recognizer import RECOGNITION_VERSION, ChunkRecognizer
from backend.transcription.context import Checkpoint, ChunkContext
from contracts.jobs import Job
from contracts.models import ModelIdentity
from contracts.routing import Route
from contracts.transcription import RecognizedChunk
from servicekit import tracing

_CONCURRENT_CUTS = 2
"""Chunks that are cut and normalised at once; each takes memory and a core."""


class ChunkTranscriber:
    """Cuts a chunk, looks for its transcript, or has it recognized."""

    def __init__(self, llm: LlmClient, chunks: ChunkCache, checkpoint: Checkpoint) -> None:
        self._llm = llm
        self._chunks = chunks
        self._checkpoint = checkpoint
        self._cut_limiter = CapacityLimiter(_CONCURRENT_CUTS)

    async def transcribe(self, context: ChunkContext, index: int) -> RecognizedChunk:
        """Return the transcript of a chunk; the checkpoint keeps the key it is stored under.

        Raises:
            StepFailedError: the llm failed on it, now or before a restart.
        """
        computed: RecognizedChunk | None = None

        async def compute() -> str:
            nonlocal computed
            with tracing.span("transcribe_chunk", attributes={"chunk": index}):
                key, computed = await self._compute(context, index)
            return key

        key = await self._checkpoint("chunk", compute)
        duration_s = context.plan.chunk(index).duration_s
        if computed is not None:
            context.eta.add(duration_s)
            return computed
        context.eta.skip(duration_s)
        while True:
            stored = computed or await self._chunks.get(context.run.owner, key)
            if stored is not None:
                return stored
            # the job that the transcript belonged to was deleted meanwhile
            key, computed = await self._compute(context, index)

    async def _compute(
        self, context: ChunkContext, index: int
    ) -> tuple[str, RecognizedChunk | None]:
        """Transcribe a chunk, unless its transcript is stored.

        Returns: the key it is stored under, and the transcript if the llm was asked.
        """
        run = context.run
        options, only_for = run.job.options.decoding(), _only_for(run.job)
        audio = _chunk_audio(context, index)
        content = await run_sync(_content, audio, limiter=self._cut_limiter)
        key = chunk_key(content, options, _expected_models(context, index), only_for)
        if await self._chunks.get(run.owner, key) is not None:
            return key, None
        recognizer = ChunkRecognizer(self._llm, context.route, self._cut_limiter)
        recognized = await recognizer.recognize(audio, options)
        # the llm may have changed its model meanwhile
        key = chunk_key(content, options, _models_of(context.route, recognized.model), only_for)
        await self._chunks.put(run.owner, key, run.job.id, recognized)
        run.inference_s += recognizer.inference_s
        return key, recognized


def _only_for(job: Job) -> str:
    return job.id if job.options.force else ""


def _expected_models(context: ChunkContext, index: int) -> list[ModelIdentity]:
    """Return the models whose transcript of a chunk is accepted.

    For a chunk in the stored result that is the model of the result: after a restart another
    one may serve.
    """
    job = context.run.job
    is_in_result = index < context.n_done
    model = job.model if is_in_result and job.model is not None else context.route.identities[0]
    return _models_of(context.route, model)


def _models_of(route: Route, model: ModelIdentity) -> list[ModelIdentity]:
    """Return the models of a route, or the one that took their place."""
    return route.identities if route.includes(model) else [model]


def _chunk_audio(context: ChunkContext, index: int) -> ChunkAudio:
    options = context.run.job.options.normalization_options()
    return ChunkAudio(context.recording, context.plan, options, context.plan.chunk(index))


def _content(audio: ChunkAudio) -> ChunkContent:
    return ChunkContent(audio.pcm, audio.lead(), audio.speech(), audio.options, RECOGNITION_VERSION)
