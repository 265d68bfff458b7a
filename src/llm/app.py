"""Wire the llm service together."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry

from contracts.audio import SAMPLE_RATE
from contracts.models import HealthCheck
from contracts.options import ChunkOptions
from llm.engines.protocol import (
    Checkpoint,
    EngineOptions,
    SpeechEngine,
    WordPunctuator,
)
from llm.engines.registry import AUTO, ONNX, load_engine
from llm.metrics import InferenceMetrics
from llm.model_lifecycle import ModelLifecycle
from llm.model_pool import ModelPool
from llm.model_store.resolve import model_id, resolve_checkpoint_source
from llm.model_store.token_classifiers import punctuation_checkpoint
from llm.process_memory import total_memory_bytes
from llm.punctuation.punctuator import OwnModel, PooledModel, PunctuationModel, Punctuator
from llm.punctuation.token_classifier import TokenClassifier
from llm.routes import models, punctuate, speakers, transcribe
from llm.settings import EMBEDDED_MODEL, LlmSettings, prepare_environment
from llm.speakers.graphs import find_or_convert
from llm.speakers.segmenter import SpeakerSegmenter
from llm.speakers.voices import VoiceFinder
from llm.threads import available_cores
from llm.transcriber import Transcriber
from servicekit import tracing
from servicekit.edge import install_edge

_WARM_UP = np.zeros(3 * SAMPLE_RATE, np.float32)
"""A first chunk, so that the first request does not wait while an engine prepares itself."""


async def _one() -> int:
    return 1


def create_app(settings: LlmSettings, n_replicas: Callable[[], Awaitable[int]] = _one) -> FastAPI:
    """Return the service; it loads its models after it has started.

    Args:
        n_replicas: returns how many such services share the requests.
    """
    prepare_environment(settings)
    registry = CollectorRegistry()
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inference")
    pool = _model_pool(settings, thread)
    metrics = InferenceMetrics(registry)
    transcriber = Transcriber(
        pool,
        thread,
        metrics,
        max_batch_size=settings.llm_max_batch_size,
        queue_size=settings.llm_queue_size,
    )
    punctuation_model = _punctuation_model(settings, pool)
    punctuator = Punctuator(
        punctuation_model,
        thread,
        metrics,
        max_batch_size=settings.llm_max_batch_size,
        queue_size=settings.llm_queue_size,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        runs = (pool.run(), pool.unload_unused(), transcriber.run(), punctuator.run())
        tasks = [asyncio.create_task(run) for run in runs]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await pool.close()
        await asyncio.get_running_loop().run_in_executor(thread, punctuation_model.close)
        thread.shutdown(wait=False)
        await asyncio.to_thread(tracing.flush)

    async def run_checks() -> Mapping[str, HealthCheck]:
        return {"model": pool.check()}

    app = _routes(lifespan)

    async def capacity() -> int:
        batch_size = settings.llm_max_batch_size
        return await n_replicas() * batch_size + batch_size // 2

    app.state.capacity = capacity
    app.state.transcriber = transcriber
    app.state.punctuator = punctuator
    app.state.models = pool
    app.state.speakers = _speakers(settings, thread, metrics)
    install_edge(app, settings, run_checks, registry)
    return app


def _routes(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]]) -> FastAPI:
    app = FastAPIOffline(
        title="llm",
        summary="A speech model as an HTTP service: chunks of PCM in, segments of text out.",
        lifespan=lifespan,
        redoc_url=None,
    )
    for routes in (transcribe, punctuate, speakers, models):
        app.include_router(routes.router)
    return app


def _model_pool(settings: LlmSettings, thread: ThreadPoolExecutor) -> ModelPool:
    def model(name: str, **properties: Any) -> ModelLifecycle:
        source = resolve_checkpoint_source(name, settings)
        return ModelLifecycle(model_id(name), source, load, thread, **properties)

    load = partial(_load, settings)
    models = {
        name: model(name, languages=codes) for name, codes in settings.configured_models.items()
    }
    name = settings.llm_fallback_model
    fallback = model(name, is_fallback=True) if name and name not in models else None
    known = models | ({name: fallback} if fallback else {})
    half_of_memory = total_memory_bytes() // 2
    return ModelPool(
        list(models.values()),
        fallback,
        known.get(EMBEDDED_MODEL) or model(EMBEDDED_MODEL),
        memory_bytes=settings.llm_models_memory_mb * 10**6 or half_of_memory,
        unload_after_s=settings.llm_unload_after_s,
    )


def _punctuation_model(settings: LlmSettings, pool: ModelPool) -> PunctuationModel:
    name = settings.punctuation_model
    if not name:
        return PooledModel(pool)

    def load() -> WordPunctuator:
        checkpoint = punctuation_checkpoint(name, settings)
        return TokenClassifier(checkpoint, settings.llm_threads or available_cores())

    return OwnModel(name, load)


def _embedded_checkpoint(settings: LlmSettings) -> Checkpoint:
    checkpoint = resolve_checkpoint_source(EMBEDDED_MODEL, settings).find()
    assert checkpoint is not None, "the embedded model is always on disk"
    return checkpoint


def _load(settings: LlmSettings, checkpoint: Checkpoint) -> SpeechEngine:
    is_embedded = checkpoint.name == EMBEDDED_MODEL
    draft_tokens = settings.llm_draft_tokens
    options = EngineOptions(
        device=settings.llm_device,
        threads=settings.llm_threads or available_cores(),
        cache_dir=settings.models_dir,
        compute_type=settings.llm_compute_type,
        encoder_type=settings.llm_encoder_type,
        key_value_type=settings.llm_key_value_type,
        max_rows=settings.llm_max_rows,
        assistant=None if is_embedded else _embedded_checkpoint(settings),
        draft_tokens=None if draft_tokens == "auto" else draft_tokens,
    )
    # one setting cannot suit models of both kinds
    is_of_other_kind = (settings.llm_engine == ONNX) != (checkpoint.onnx is not None)
    has_choice = is_embedded or len(settings.configured_models) > 1
    name = AUTO if is_of_other_kind and has_choice else settings.llm_engine
    engine = load_engine(name, checkpoint, options)
    engine.transcribe([_WARM_UP], ChunkOptions.model_validate({"language_only": True}))
    return engine


def _speakers(
    settings: LlmSettings, thread: ThreadPoolExecutor, metrics: InferenceMetrics
) -> SpeakerSegmenter:
    ready_dir = Path(settings.llm_speakers_dir) if settings.llm_speakers_dir else None

    def load() -> VoiceFinder:
        folder = find_or_convert(ready_dir, settings.models_dir)
        return VoiceFinder(folder, settings.llm_threads or available_cores())

    return SpeakerSegmenter(load, thread, metrics, settings.llm_queue_size)
