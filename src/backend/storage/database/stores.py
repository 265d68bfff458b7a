"""Open every store of a database at once."""

from backend.storage.database.api_keys import KeyStore
from backend.storage.database.audit import AuditStore
from backend.storage.database.backends import BackendStore
from backend.storage.database.chunks import ChunkStore
from backend.storage.database.deduplication import DeduplicationStore
from backend.storage.database.engine import Database
from backend.storage.database.evaluation import EvaluationStore
from backend.storage.database.folders import FolderStore
from backend.storage.database.glossaries import GlossaryStore
from backend.storage.database.history import HistoryStore
from backend.storage.database.jobs import JobStore
from backend.storage.database.notes import NoteStore
from backend.storage.database.punctuation import PunctuationStore
from backend.storage.database.queue import QueueStore
from backend.storage.database.retention import RetentionStore
from backend.storage.database.runs import RunStore
from backend.storage.database.shares import ShareStore
from backend.storage.database.speakers import SpeakerStore
from backend.storage.database.statistics import StatisticsStore
from backend.storage.database.transcripts import TranscriptStore
from backend.storage.database.usage import UNLIMITED, Quota, UsageStore
from backend.storage.database.voices import VoiceStore


class Stores:
    """The stores of one database.

    Args:
        default_quota: of owners whose key has none of its own.
    """

    def __init__(self, database: Database, default_quota: Quota = UNLIMITED) -> None:
        self.jobs = JobStore(database, default_quota)
        self.usage = UsageStore(database, default_quota)
        self.runs = RunStore(database)
        self.transcripts = TranscriptStore(database)
        self.speakers = SpeakerStore(database)
        self.voices = VoiceStore(database)
        self.folders = FolderStore(database)
        self.notes = NoteStore(database)
        self.shares = ShareStore(database)
        self.waiting = QueueStore(database)
        self.punctuation = PunctuationStore(database)
        self.duplicates = DeduplicationStore(database)
        self.history = HistoryStore(database)
        self.retention = RetentionStore(database)
        self.chunks = ChunkStore(database)
        self.statistics = StatisticsStore(database)
        self.keys = KeyStore(database)
        self.audit = AuditStore(database)
        self.backends = BackendStore(database)
        self.glossaries = GlossaryStore(database)
        self.evaluation = EvaluationStore(database)
