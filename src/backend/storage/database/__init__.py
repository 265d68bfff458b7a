"""The database: jobs, their results, and the chunks they are made of.

`engine.py` opens it, `tables.py` draws it; each store is a set of transactions on it.
"""

from backend.storage.database.chunks import ChunkStore
from backend.storage.database.engine import Database
from backend.storage.database.history import Filters, HistoryStore
from backend.storage.database.queue import Lane
from backend.storage.database.statistics import StatisticsStore
from backend.storage.database.transcriptions import TranscriptionStore
from backend.storage.database.twins import ResultKey, Twin
from backend.storage.database.writing import ChunkResult, Prepared

__all__ = [
    "ChunkResult",
    "ChunkStore",
    "Database",
    "Filters",
    "HistoryStore",
    "Lane",
    "Prepared",
    "ResultKey",
    "StatisticsStore",
    "TranscriptionStore",
    "Twin",
]
