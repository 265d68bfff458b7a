"""The database: jobs, their results and the chunk transcripts they are made of.

`engine.py` opens it, `tables.py` defines it, and each store is a set of transactions on it.
"""

from backend.storage.database.api_keys import KeyDigest, KeyStore, StoredKey
from backend.storage.database.audit import AuditStore, NewAuditEntry
from backend.storage.database.backends import BackendStore
from backend.storage.database.chunks import ChunkStore
from backend.storage.database.deduplication import DeduplicationStore, Primary, ResultKey
from backend.storage.database.engine import Database
from backend.storage.database.evaluation import ComparedRecording, EvaluationStore
from backend.storage.database.folders import FolderStore
from backend.storage.database.glossaries import GlossaryStore
from backend.storage.database.history import Filters, HistoryStore
from backend.storage.database.jobs import DeletedJob, JobStore
from backend.storage.database.notes import NoteStore
from backend.storage.database.punctuation import PunctuationStore
from backend.storage.database.queue import QueueLoad, QueueName, QueueStore, queue_for_file
from backend.storage.database.retention import RetentionStore
from backend.storage.database.row_writers import ChunkResult, PreparedRecording
from backend.storage.database.runs import RunStore, StartedJob
from backend.storage.database.segment_rows import StoredSegment
from backend.storage.database.shares import ShareStore
from backend.storage.database.speakers import SpeakerStore
from backend.storage.database.statistics import StatisticsStore
from backend.storage.database.stores import Stores
from backend.storage.database.transcripts import TranscriptStore, WrittenOptions
from backend.storage.database.usage import Quota, UsageStore
from backend.storage.database.voices import VoiceStore

__all__ = [
    "AuditStore",
    "BackendStore",
    "ChunkResult",
    "ChunkStore",
    "ComparedRecording",
    "Database",
    "DeduplicationStore",
    "DeletedJob",
    "EvaluationStore",
    "Filters",
    "FolderStore",
    "GlossaryStore",
    "HistoryStore",
    "JobStore",
    "KeyDigest",
    "KeyStore",
    "NewAuditEntry",
    "NoteStore",
    "PreparedRecording",
    "Primary",
    "PunctuationStore",
    "QueueLoad",
    "QueueName",
    "QueueStore",
    "Quota",
    "ResultKey",
    "RetentionStore",
    "RunStore",
    "ShareStore",
    "SpeakerStore",
    "StartedJob",
    "StatisticsStore",
    "StoredKey",
    "StoredSegment",
    "Stores",
    "TranscriptStore",
    "UsageStore",
    "VoiceStore",
    "WrittenOptions",
    "queue_for_file",
]
