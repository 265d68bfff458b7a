"""Time the history, the search and the statistics in a database of many transcriptions.

`PYTHONPATH=src python -m bench.database [--transcriptions 10000] [--url postgresql://…]`

Without `--url` SQLite in a temporary folder is filled. A database of PostgreSQL must be empty, or
filled by this program before; it stays. All transcriptions belong to one owner. They have segments
but no words with times, which none of these queries reads. There are as many audit entries.
"""

import argparse
import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory

import numpy as np
from sqlalchemy import Connection, func, insert, select, text

from backend.storage.database import Database, Stores
from backend.storage.database.row_writers import lemma_text
from backend.storage.database.schema import revisions
from backend.storage.database.tables import ChunkTranscriptRow, TranscriptionRow
from contracts.audit import AuditAction
from contracts.jobs import JobStatus
from contracts.models import ModelIdentity
from contracts.options import TranscribeOptions
from contracts.transcription import ChunkTimings, ChunkTranscript, RecognizedChunk

_OWNER = "local"
_MODEL = ModelIdentity(name="embedded/whisper-base", revision="1", engine="openvino", device="cpu")
_DURATION_S = 40.0
_TAG = "лекции"
_COMMON, _FREQUENT, _RARE = "работа", "договор", "синхрофазотрон"
_N_TEXTS = 5000
_PARAMETERS = {
    "owner": _OWNER,
    "model": _MODEL.name,
    "duration_s": _DURATION_S,
    "options": TranscribeOptions().model_dump_json(),
}
_NUMBERS = """
    WITH RECURSIVE jobs(number) AS (
        SELECT 1 UNION ALL SELECT number + 1 FROM jobs WHERE number < :n_jobs
    )
"""
_FILES = """
    INSERT INTO files (id, owner, name, size_bytes, sha256, audio_sha256, container, codec,
        sample_rate, channels, duration_s, blob, audio_tracks)
    SELECT number, :owner, 'Запись ' || number || '.mp3', 640000, 'content ' || number,
        'sound ' || number, 'mp3', 'mp3', 44100, 1, :duration_s, 'blobs/00/' || number, '[]'
    FROM jobs
"""
_JOBS = """
    INSERT INTO transcriptions (number, id, owner, file_id, status, created_at, started_at,
        finished_at, title, title_lemmas, options, options_key, model_name, model_revision,
        model_engine, model_device, language, speech_s, n_words, cached, processed_s, total_s,
        chunks_done, chunks_total, warnings, unclean_starts, revision)
    SELECT number, 'job ' || number, :owner, number,
        CASE WHEN number % 50 = 0 THEN 'failed' ELSE 'completed' END,
        :created_at, :created_at, :created_at,
        CASE WHEN number % 20 = 0 THEN 'Совещание ' || number END,
        CASE WHEN number % 20 = 0 THEN ' ' || number || ' совещание ' END,
        :options, 'options ' || number, :model, '1', 'openvino', 'cpu', 'ru', :duration_s, 80,
        false, :duration_s, :duration_s, 2, 2, '[]', 0, 0
    FROM jobs
"""
_TAGGED = """
    INSERT INTO tags (transcription_number, tag)
    SELECT number, CASE number % 3 WHEN 0 THEN 'работа' WHEN 1 THEN 'лекции' ELSE 'интервью' END
    FROM jobs WHERE number % 10 = 0
"""
_AUDITED = """
    INSERT INTO audit_entries (at, actor, action, target)
    SELECT :created_at, 'anna',
        CASE WHEN number % 10000 = 0 THEN 'key_revoked' ELSE 'opened' END, 'job ' || number
    FROM jobs
"""
_SUM_DAYS = text(
    """
    INSERT INTO day_totals (owner, day, n_recordings, audio_s, n_words)
    SELECT owner, date(created_at), count(*), sum(total_s), sum(n_words)
    FROM transcriptions WHERE status = 'completed' GROUP BY owner, date(created_at)
    """
)
_SUM_SPEAKERS = text(
    """
    INSERT INTO speaker_totals (owner, name, speech_ms)
    SELECT owner, CASE WHEN number > 100 THEN 'Имя ' || number ELSE '' END, 1000 * number
    FROM transcriptions WHERE number % 100 = 0
    """
)
"""A name for every hundredth transcription: more than anybody has."""


def main() -> None:
    """Fill the database if it is empty, then print the times of each query."""
    parser = argparse.ArgumentParser(prog="database", description=__doc__)
    parser.add_argument("--transcriptions", type=int, default=10_000)
    parser.add_argument("--segments", type=int, default=5, help="of each transcription")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--url", help="of an empty PostgreSQL database; default: a file of SQLite")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        url = arguments.url or f"sqlite:///{folder}/speech_transcription.db"
        database = Database.open(url)
        try:
            fill(database, arguments.transcriptions, arguments.segments)
            asyncio.run(_measure(database, arguments.rounds))
        finally:
            database.close()


def fill(database: Database, n_transcriptions: int, n_segments: int) -> None:
    """Add synthetic transcriptions unless the database has some."""
    started = time.perf_counter()
    with database.writing() as session:
        if session.scalar(select(func.count()).select_from(TranscriptionRow)):
            return
        connection = session.connection()
        index = [] if database.is_sqlite else _drop_full_text_index(connection)
        _insert_jobs(connection, n_transcriptions, is_sqlite=database.is_sqlite)
        _insert_segments(connection, n_transcriptions, n_segments)
        connection.execute(_SUM_DAYS)
        connection.execute(_SUM_SPEAKERS)
        for statement in index:
            connection.execute(text(statement))
    with database.writing() as session:
        session.execute(text("ANALYZE"))
    seconds = time.perf_counter() - started
    print(f"{n_transcriptions} transcriptions of schema {revisions()[-1]} in {seconds:.0f} s")


def _drop_full_text_index(connection: Connection) -> list[str]:
    """Drop the index, because to build it at the end is faster; return how to create it."""
    query = """
        SELECT pg_get_indexdef(attrelid), attstattarget FROM pg_attribute
        WHERE attrelid = 'ix_segments_lemmas'::regclass
    """
    definition, target = connection.execute(text(query)).one()
    connection.execute(text("DROP INDEX ix_segments_lemmas"))
    statistics = f"ALTER INDEX ix_segments_lemmas ALTER COLUMN 1 SET STATISTICS {target}"
    return [definition, statistics]


def _insert_jobs(connection: Connection, n_jobs: int, *, is_sqlite: bool) -> None:
    """Add a recording each minute until now; all are completed but every fiftieth."""
    created_at = (
        "strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || (:n_jobs - number) || ' minutes')"
        if is_sqlite
        else "now() - (:n_jobs - number) * interval '1 minute'"
    )
    for statement in (_FILES, _JOBS, _TAGGED, _AUDITED):
        query = text(_NUMBERS + statement.replace(":created_at", created_at))
        connection.execute(query, _PARAMETERS | {"n_jobs": n_jobs})
    chunks = [
        {"owner": _OWNER, "key": str(n), "transcription_number": n, "transcript": _chunk()}
        for n in range(max(n_jobs - 1000, 1), n_jobs)
    ]
    connection.execute(insert(ChunkTranscriptRow), chunks)


def _chunk() -> RecognizedChunk:
    return RecognizedChunk.model_validate(
        ChunkTranscript(
            text="Добрый день.",
            language="ru",
            language_probability=1.0,
            duration_s=20.0,
            segments=[],
            model=_MODEL,
            timings=ChunkTimings(queue_s=0.0, inference_s=0.5, batch_size=1),
        ).model_dump()
    )


def _insert_segments(connection: Connection, n_transcriptions: int, n_segments: int) -> None:
    """Give each transcription some of the texts; few have the rare word."""
    connection.execute(
        text("CREATE TEMPORARY TABLE texts (id INTEGER PRIMARY KEY, text TEXT, lemmas TEXT)")
    )
    rows = [
        {"id": place, "text": one, "lemmas": lemma_text(one)}
        for place, one in enumerate(itertools.islice(_texts(), _N_TEXTS))
    ]
    connection.execute(text("INSERT INTO texts VALUES (:id, :text, :lemmas)"), rows)
    connection.execute(
        text(
            """
            WITH RECURSIVE segment(place) AS (
                SELECT 0 UNION ALL SELECT place + 1 FROM segment WHERE place < :n_segments - 1
            )
            INSERT INTO segments (transcription_number, "index", start, "end", text, avg_logprob,
                no_speech_prob, compression_ratio, overlap, has_words, lemmas)
            SELECT number, place, place * 8.0, place * 8.0 + 7.5, texts.text, -0.2,
                0.01, 1.2, false, false, texts.lemmas
            FROM transcriptions, segment, texts
            WHERE texts.id = CASE
                WHEN place = 0 AND number % :every = :every / 2 THEN 0
                ELSE 1 + (number * 7919 + place * 104729) % (:n_texts - 1)
            END
            ORDER BY number, place
            """
        ),
        {
            "n_segments": n_segments,
            "n_texts": _N_TEXTS,
            "every": max(n_transcriptions // 10, 2),
        },
    )


def _texts() -> Iterator[str]:
    """Yield texts of 15 words whose frequencies fall as in a language; the first has the rare word.

    The common word is in a third of them, the frequent one in a hundredth.
    """
    chance = random.Random(0)
    draw = np.random.default_rng(0)
    syllables = [a + b for a in "бвгдзклмнпрст" for b in "аеиоуя"]
    vocabulary = ["".join(chance.choices(syllables, k=3)) for _ in range(20_000)]
    yield f"В лаборатории стоит {_RARE}."
    for place in itertools.count(1):
        ranks = np.minimum(draw.zipf(1.3, size=15), len(vocabulary)) - 1
        words = [vocabulary[rank] for rank in ranks]
        if place % 3 == 0:
            words.append(_COMMON)
        if place % 100 == 0:
            words.append(_FREQUENT)
        yield " ".join(words).capitalize() + "."


async def _measure(database: Database, rounds: int) -> None:
    with database.reading() as session:
        middle = str((session.scalar(select(func.max(TranscriptionRow.number))) or 0) // 2)
    stores = Stores(database)
    history, today = stores.history, datetime.now(UTC)
    week = today - timedelta(days=7)
    queries: dict[str, Callable[[], Awaitable[object]]] = {
        "history, first page": lambda: history.page(_OWNER),
        "history, middle": lambda: history.page(_OWNER, cursor=middle),
        "history, failed jobs": lambda: history.page(_OWNER, status=JobStatus.FAILED),
        "history, running jobs": lambda: history.page(_OWNER, status=JobStatus.RUNNING),
        "history, one tag": lambda: history.page(_OWNER, tag=_TAG),
        "history, older than a week": lambda: history.page(_OWNER, until=week),
        "tags": lambda: history.tags(_OWNER),
        "search, common word": lambda: history.page(_OWNER, query=_COMMON),
        "search, frequent word": lambda: history.page(_OWNER, query=_FREQUENT),
        "search, rare word": lambda: history.page(_OWNER, query=_RARE),
        "search, unknown word": lambda: history.page(_OWNER, query="электрификация"),
        "search, common and rare": lambda: history.page(_OWNER, query=f"{_COMMON} {_RARE}"),
        "search, word of titles": lambda: history.page(_OWNER, query="совещание"),
        "statistics": lambda: stores.statistics.count(_OWNER, today.date()),
        "bytes of recordings": lambda: stores.statistics.recordings_bytes(_OWNER),
        "quota": lambda: stores.usage.of(_OWNER, today),
        "queues": stores.waiting.loads,
        "unfinished jobs": stores.waiting.unfinished,
        "texts to punctuate": stores.punctuation.requested,
        "audit, newest": lambda: stores.audit.page(limit=100),
        "audit, rare action": lambda: stores.audit.page(limit=100, action=AuditAction.KEY_REVOKED),
        "audit, one transcription": lambda: stores.audit.page(limit=100, target="job 1"),
    }
    print(f"{'query':30}{'median ms':>12}{'p95 ms':>12}")
    for name, query in queries.items():
        times = [await _time_ms(query) for _ in range(rounds)]
        median, p95 = np.percentile(times, (50, 95))
        print(f"{name:30}{median:12.1f}{p95:12.1f}", flush=True)


async def _time_ms(query: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await query()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
