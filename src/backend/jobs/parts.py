"""What the jobs are made of; each part of them takes what it needs from here."""

from dataclasses import dataclass

from backend.jobs.metrics import JobMetrics
from backend.jobs.news import JobNews
from backend.llm_client import LlmClient
from backend.settings import BackendSettings
from backend.storage.blobs import BlobStore
from backend.storage.cache import TranscriptCache
from backend.storage.database import ChunkStore, HistoryStore, TranscriptionStore
from backend.storage.disk import Disk
from backend.storage.work_folder import WorkFolder


@dataclass(frozen=True)
class JobParts:
    """The stores and services that jobs are worked on with."""

    settings: BackendSettings
    metrics: JobMetrics
    news: JobNews
    llm: LlmClient
    disk: Disk
    work: WorkFolder
    transcriptions: TranscriptionStore
    history: HistoryStore
    chunks: ChunkStore
    blobs: BlobStore
    cache: TranscriptCache
