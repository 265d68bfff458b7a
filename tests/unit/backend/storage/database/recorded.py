"""Add jobs in each state to the stores."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from backend.storage.database import ChunkResult, PreparedRecording, ResultKey, Stores
from backend.storage.files import new_id
from contracts.jobs import FileInfo, Job, JobStatus, Progress, Stage
from contracts.models import ModelIdentity
from contracts.options import TranscribeOptions
from contracts.report import ReportItem, ReportKind
from contracts.transcription import (
    ChunkSegment,
    ChunkTimings,
    ChunkTranscript,
    RecognizedChunk,
    Segment,
    Word,
)

OWNER = "local"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MODEL = ModelIdentity(name="embedded/whisper-base", revision="1", engine="torch", device="cpu")
KEY = ResultKey(audio_sha256="aa", options_key="bb", model=MODEL)
CHUNK_S = 20.0


def new_job(*, created_at: datetime = NOON, options: TranscribeOptions | None = None) -> Job:
    return Job(
        id=new_id(),
        status=JobStatus.QUEUED,
        created_at=created_at,
        file=FileInfo(
            name="Встреча 1.mp3",
            size_bytes=5 * 2**30,
            sha256="cc",
            container="mp3",
            codec="mp3",
            sample_rate=44_100,
            channels=2,
        ),
        options=options or TranscribeOptions(),
    )


def segment(index: int, text: str, *, with_words: bool = False) -> Segment:
    start = index * CHUNK_S
    words = [
        Word(word=word, start=start + place / 8, end=start + (place + 1) / 8, probability=0.1)
        for place, word in enumerate(text.split())
    ]
    return Segment(
        index=index,
        start=start,
        end=start + CHUNK_S,
        text=text,
        avg_logprob=-0.123456789,
        no_speech_prob=0.01,
        compression_ratio=1.1,
        words=words if with_words else None,
    )


NOISE = ReportItem(start=1.5, end=2.25, kind=ReportKind.NOISE, detail="No words.")


def chunk_result(
    segments: Sequence[Segment],
    *,
    done: int,
    total: int = 3,
    model: ModelIdentity = MODEL,
    report: Sequence[ReportItem] = (),
) -> ChunkResult:
    progress = Progress(
        processed_s=done * CHUNK_S,
        total_s=total * CHUNK_S,
        chunks_done=done,
        chunks_total=total,
        eta_s=7.5,
        stage=Stage.TRANSCRIBING,
    )
    return ChunkResult(segments, progress, model, "ru", report)


async def queued(
    stores: Stores,
    owner: str = OWNER,
    blob: str = "blob",
    created_at: datetime = NOON,
) -> str:
    job = new_job(created_at=created_at)
    await stores.jobs.add(job, owner, blob)
    return job.id


async def running(stores: Stores, n_chunks: int = 3, owner: str = OWNER, blob: str = "blob") -> str:
    job_id = await queued(stores, owner, blob)
    await stores.runs.begin(job_id, NOON)
    await stores.runs.set_prepared(job_id, PreparedRecording(n_chunks * CHUNK_S, 1.5, n_chunks))
    return job_id


async def completed(
    stores: Stores,
    *texts: str,
    owner: str = OWNER,
    blob: str = "blob",
    finished_at: datetime = NOON + timedelta(seconds=6),
    key: ResultKey | None = None,
    with_words: bool = False,
    report: Sequence[ReportItem] = (),
    model: ModelIdentity = MODEL,
) -> str:
    """Add a completed job with a chunk, a segment and the report for each text."""
    job_id = await running(stores, len(texts), owner, blob)
    if key:
        await stores.duplicates.claim_result(job_id, key)
    for index, text in enumerate(texts):
        added = [segment(index, text, with_words=with_words)]
        done = chunk_result(added, done=index + 1, total=len(texts), model=model, report=report)
        await stores.runs.append(job_id, index, done)
    await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=finished_at)
    return job_id


def chunk_transcript(text: str) -> ChunkTranscript:
    words = [Word(word=text, start=0.0, end=0.5, probability=0.5)]
    fields = segment(0, text).model_dump(include=set(ChunkSegment.model_fields) - {"words"})
    return ChunkTranscript(
        text=text,
        language="ru",
        language_probability=0.9,
        duration_s=CHUNK_S,
        segments=[ChunkSegment(**fields, words=words)],
        model=MODEL,
        timings=ChunkTimings(queue_s=0.0, inference_s=0.5, batch_size=8),
    )


def recognized_chunk(text: str) -> RecognizedChunk:
    return RecognizedChunk(**chunk_transcript(text).model_dump(by_alias=True))


async def segments(stores: Stores, job_id: str) -> list[Segment]:
    return [segment for _, segment in await changes(stores, job_id, 0)]


async def changes(stores: Stores, job_id: str, since: int) -> list[tuple[int, Segment]]:
    return (await stores.jobs.get_with_changes(job_id, None, since))[1]
