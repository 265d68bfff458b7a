"""Construct the backend's parts, and run its background tasks while the app runs."""

from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from anyio.to_thread import run_sync

from backend.accounts import Accounts, ProxySignIn
from backend.api_keys import ApiKeys, WrongKeyLimiter
from backend.audit import AuditTrail
from backend.background_tasks import repeat, running_in_background
from backend.dependencies import Services
from backend.evaluation import ModelEvaluator
from backend.jobs.events import JobEvents
from backend.jobs.expiry import Expiry
from backend.jobs.service import JobService
from backend.jobs.sharing import Sharing
from backend.jobs.submission import JobSubmission
from backend.jobs.voices import VoiceService
from backend.language_detection import LanguageDetector
from backend.llm_client import DEFAULT_CONCURRENCY, LlmClient
from backend.media_decoder import MediaDecoder
from backend.metrics import JobMetrics
from backend.notifications import JobNotifier
from backend.owner_limit import OwnerLimit
from backend.pipeline.warm_up import warm_up
from backend.previews import Previews
from backend.queueing.checkpoint import checkpoint
from backend.queueing.job_queue import JobQueue
from backend.queueing.liveness import Liveness
from backend.queueing.reconciliation import Reconciler
from backend.queueing.worker import Worker
from backend.settings import BackendSettings
from backend.statistics import StatisticsCounter
from backend.storage.blobs import BlobStore, open_blobs
from backend.storage.cache import TranscriptCache
from backend.storage.database import Database, QueueName, Quota, Stores
from backend.storage.disk import Disk, DiskReserve
from backend.storage.upload_quota import UploadQuota
from backend.storage.uploads import UploadStore
from backend.storage.work_folder import WorkFolder
from backend.timing import Timing
from backend.transcription.chunk_cache import ChunkCache
from backend.transcription.chunk_transcriber import ChunkTranscriber
from backend.transcription.deduplication import Deduplicator
from backend.transcription.diarization import Diarizer
from backend.transcription.preparation import Preparation
from backend.transcription.punctuation import TextPunctuator
from backend.transcription.stages import JobStages
from backend.transcription.voice_prints import VoiceSuggester
from backend.transcription.workflow import TranscriptionWorkflow

log = structlog.get_logger()

_MAX_PROCESSES = 64
"""Most backends that may use one `DATA_DIR`; a SQLite database serves one process."""


@dataclass(frozen=True)
class _Common:
    """The parts that several others share."""

    settings: BackendSettings
    timing: Timing
    stores: Stores
    blobs: BlobStore
    cache: TranscriptCache
    work: WorkFolder
    decoder: MediaDecoder
    llm: LlmClient
    queue: JobQueue
    deduplicator: Deduplicator
    notifier: JobNotifier
    metrics: JobMetrics


@asynccontextmanager
async def running_services(
    settings: BackendSettings, timing: Timing, llm: LlmClient, disk: Disk, metrics: JobMetrics
) -> AsyncGenerator[Services]:
    """Open the stores, work on jobs, and provide the services of the routes.

    Jobs that are running at the end continue at the next start.
    """
    async with AsyncExitStack() as stack:
        reserve = DiskReserve(settings.data_dir / "reserve", disk)
        await run_sync(reserve.release_if_full)
        work = _work_folder(settings, disk)
        stack.enter_context(work.owned())
        uploads = _uploads(settings, disk, work)
        await uploads.prepare()
        database, cache = await _connections(stack, settings)
        stack.push_async_callback(llm.aclose)
        common = _common(settings, timing, database, cache, work, disk, llm, metrics)
        wrong_keys = WrongKeyLimiter()
        accounts = _accounts(common, wrong_keys)
        await accounts.refresh()
        audit = AuditTrail(common.stores.audit, settings.audit_days)
        stack.push_async_callback(audit.flush)
        previews = _previews(common, uploads)
        stack.push_async_callback(previews.close)
        worker, submission = _worker(common), _submission(common)
        service = _service(common, worker, submission)
        metrics.watch(n_event_streams=lambda: service.n_streams, free_bytes=disk.free_bytes)
        liveness = await _start_work(stack, common, worker)
        coroutines = [
            *_background_coroutines(common, uploads, previews, service),
            repeat(_reconciler(common, worker, liveness).reconcile, timing.reconcile_s),
            repeat(liveness.beat, settings.heartbeat_s),
            *_account_coroutines(accounts, audit, timing),
            repeat(partial(run_sync, reserve.restore), common.timing.reserve_s),
        ]
        await stack.enter_async_context(running_in_background(coroutines))
        yield Services(
            accounts=accounts,
            usage=common.stores.usage,
            audit=audit,
            metrics_keys=ApiKeys(settings.metrics_keys, wrong_keys),
            database=database,
            jobs=service,
            sharing=Sharing(common.stores.shares, service, is_enabled=settings.share_links),
            submission=submission,
            llm=llm,
            uploads=uploads,
            blobs=common.blobs,
            work=work,
            voices=_voices(common, service),
            languages=LanguageDetector(common.decoder, work, llm),
            receiving_limit=OwnerLimit(settings.max_concurrent_uploads, "uploads"),
            previews=previews,
            glossaries=common.stores.glossaries,
            notes=common.stores.notes,
            folders=common.stores.folders,
            statistics=StatisticsCounter(settings, common.stores.statistics, disk),
            evaluator=ModelEvaluator(common.stores.evaluation),
            settings=settings,
        )


async def _connections(
    stack: AsyncExitStack, settings: BackendSettings
) -> tuple[Database, TranscriptCache]:
    """Open the database and the cache; the stack closes them."""
    database = await run_sync(Database.open, settings.database)
    stack.push_async_callback(run_sync, database.close)
    cache = TranscriptCache(settings.redis_url)
    stack.push_async_callback(cache.aclose)
    return database, cache


async def _start_work(stack: AsyncExitStack, common: _Common, worker: Worker) -> Liveness:
    """Join the running backends and work on jobs until the stack is closed."""
    liveness = _liveness(common, worker)
    await liveness.join()
    stack.push_async_callback(liveness.leave)
    await common.queue.start(common.work.process_id, worker.work_on)
    stack.push_async_callback(common.queue.close)
    stack.push_async_callback(worker.close)
    return liveness


def _account_coroutines(
    accounts: Accounts, audit: AuditTrail, timing: Timing
) -> list[Coroutine[None, None, None]]:
    return [
        repeat(accounts.refresh, timing.accounts_s),
        repeat(audit.flush, timing.audit_s),
        repeat(audit.expire, timing.expiry_s),
    ]


def _common(  # noqa: PLR0913, PLR0917  # one argument for each resource
    settings: BackendSettings,
    timing: Timing,
    database: Database,
    cache: TranscriptCache,
    work: WorkFolder,
    disk: Disk,
    llm: LlmClient,
    metrics: JobMetrics,
) -> _Common:
    quota = Quota(settings.max_audio_hours_per_day, settings.max_kept_bytes)
    stores, notifier = Stores(database, quota), JobNotifier()
    return _Common(
        settings=settings,
        timing=timing,
        stores=stores,
        blobs=open_blobs(settings.blob_store_url, settings.data_dir, work.path_for_new_file, disk),
        cache=cache,
        work=work,
        decoder=MediaDecoder(disk, settings.max_duration_s, _max_decoded(settings)),
        llm=llm,
        queue=JobQueue(settings.database, _max_running(settings)),
        deduplicator=Deduplicator(stores.duplicates, stores.jobs, stores.runs, cache, notifier),
        notifier=notifier,
        metrics=metrics,
    )


def _worker(common: _Common) -> Worker:
    stores = common.stores
    chunks = ChunkCache(stores.chunks, common.cache)
    stages = JobStages(stores.runs, common.notifier, common.metrics)
    workflow = TranscriptionWorkflow(
        preparation=_preparation(common, stages),
        deduplicator=common.deduplicator,
        diarizer=Diarizer(common.llm, stores.runs, stages, checkpoint, common.timing.eta_s),
        transcriber=ChunkTranscriber(common.llm, chunks, checkpoint),
        suggester=VoiceSuggester(common.llm, stores.jobs, stores.voices, checkpoint),
        llm=common.llm,
        jobs=stores.jobs,
        runs=stores.runs,
        stages=stages,
        notifier=common.notifier,
        checkpoint=checkpoint,
        concurrency=common.llm.concurrency,
        eta_interval_s=common.timing.eta_s,
    )
    return Worker(
        workflow=workflow,
        punctuator=TextPunctuator(
            _preparation(common, stages), common.llm, stores, common.notifier
        ),
        deduplicator=common.deduplicator,
        queue=common.queue,
        jobs=stores.jobs,
        runs=stores.runs,
        requests=stores.punctuation,
        work=common.work,
        notifier=common.notifier,
        metrics=common.metrics,
        ended_check_s=common.timing.ended_check_s,
    )


def _preparation(common: _Common, stages: JobStages) -> Preparation:
    return Preparation(
        blobs=common.blobs,
        decoder=common.decoder,
        work=common.work,
        runs=common.stores.runs,
        stages=stages,
        llm=common.llm,
    )


def _submission(common: _Common) -> JobSubmission:
    return JobSubmission(
        jobs=common.stores.jobs,
        waiting=common.stores.waiting,
        usage=common.stores.usage,
        duplicates=common.stores.duplicates,
        glossaries=common.stores.glossaries,
        blobs=common.blobs,
        work=common.work,
        llm=common.llm,
        decoder=common.decoder,
        queue=common.queue,
        deduplicator=common.deduplicator,
        max_queued=common.settings.max_queued_jobs,
    )


def _service(common: _Common, worker: Worker, submission: JobSubmission) -> JobService:
    stores = common.stores
    poll_s = common.timing.event_poll_s
    return JobService(
        jobs=stores.jobs,
        transcripts=stores.transcripts,
        speakers=stores.speakers,
        history=stores.history,
        requests=stores.punctuation,
        blobs=common.blobs,
        cache=common.cache,
        submission=submission,
        queue=common.queue,
        worker=worker,
        deduplicator=common.deduplicator,
        events=JobEvents(stores.jobs, common.notifier, poll_s),
        notifier=common.notifier,
        metrics=common.metrics,
        stop_timeout_s=common.timing.stop_timeout_s,
    )


def _accounts(common: _Common, limiter: WrongKeyLimiter) -> Accounts:
    settings = common.settings
    proxy = ProxySignIn(settings.sign_in, settings.admins, limiter) if settings.sign_in else None
    return Accounts(ApiKeys(settings.keys, limiter), common.stores.keys, proxy)


def _voices(common: _Common, service: JobService) -> VoiceService:
    return VoiceService(
        jobs=service,
        voices=common.stores.voices,
        blobs=common.blobs,
        work=common.work,
        decoder=common.decoder,
        llm=common.llm,
    )


def _previews(common: _Common, uploads: UploadStore) -> Previews:
    return Previews(
        uploads=uploads,
        work=common.work,
        decoder=common.decoder,
        llm=common.llm,
        jobs=common.stores.jobs,
        waiting=common.stores.waiting,
        idle_s=common.timing.preview_idle_s,
        sweep_s=common.timing.preview_sweep_s,
    )


def _liveness(common: _Common, worker: Worker) -> Liveness:
    return Liveness(
        backends=common.stores.backends,
        queue=common.queue,
        worker=worker,
        work=common.work,
        interval_s=common.settings.heartbeat_s,
        timeout_s=common.settings.heartbeat_timeout_s,
    )


def _reconciler(common: _Common, worker: Worker, liveness: Liveness) -> Reconciler:
    stores = common.stores
    return Reconciler(
        queue=common.queue,
        liveness=liveness,
        worker=worker,
        deduplicator=common.deduplicator,
        jobs=stores.jobs,
        waiting=stores.waiting,
        duplicates=stores.duplicates,
        requests=stores.punctuation,
        work=common.work,
        orphan_grace_s=common.timing.orphan_grace_s,
    )


def _background_coroutines(
    common: _Common, uploads: UploadStore, previews: Previews, service: JobService
) -> list[Coroutine[Any, Any, None]]:
    stores, timing = common.stores, common.timing

    async def count_unfinished() -> None:
        common.metrics.set_queues(await stores.waiting.loads())

    expiry = Expiry(common.settings, service, stores.retention, common.blobs)
    return [
        uploads.expire_forever(),
        previews.sweep_forever(),
        repeat(expiry.expire, timing.expiry_s),
        repeat(count_unfinished, timing.queue_metrics_s),
        repeat(common.llm.refresh_concurrency, timing.llm_concurrency_s),
        run_sync(warm_up, abandon_on_cancel=True),
        common.decoder.start(),
    ]


def _work_folder(settings: BackendSettings, disk: Disk) -> WorkFolder:
    return WorkFolder(
        settings.data_dir / "work",
        disk,
        settings.max_upload_bytes,
        max_processes=1 if settings.database.startswith("sqlite") else _MAX_PROCESSES,
    )


def _max_decoded(settings: BackendSettings) -> int:
    """Return how many files may be decoded at once.

    One for each long or short job, two for previews, one for a language detection and one for a
    voice print, so that none waits for another kind; and two for dictations.
    """
    return 2 * settings.max_running_jobs + 6


def _uploads(settings: BackendSettings, disk: Disk, work: WorkFolder) -> UploadStore:
    quota = UploadQuota(settings.max_unused_uploads, settings.max_unused_upload_bytes)
    folder = settings.data_dir / "uploads"
    return UploadStore(folder, disk, work, ttl_s=settings.upload_ttl_s, quota=quota)


def _max_running(settings: BackendSettings) -> dict[QueueName, int]:
    return {
        QueueName.DICTATION: settings.llm_concurrency or DEFAULT_CONCURRENCY,
        QueueName.SHORT: settings.max_running_jobs,
        QueueName.LONG: settings.max_running_jobs,
    }
