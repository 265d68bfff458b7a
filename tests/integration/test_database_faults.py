"""If these fail, locks, restarts, kills or concurrent writes lose data, or deletion leaves some."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from backend.errors import JobNotFoundError
from backend.storage.database import (
    ChunkStore,
    Database,
    HistoryStore,
    Stores,
    engine,
)
from contracts.jobs import JobStatus, SegmentCorrection
from integration.postgres_server import PostgresServer, running_postgres
from unit.backend.storage.database.recorded import (
    NOON,
    OWNER,
    chunk_result,
    chunk_transcript,
    completed,
    running,
    segment,
    segments,
)

pytestmark = pytest.mark.whole_app

_TESTS = Path(__file__).resolve().parents[1]
_PYTHONPATH = os.pathsep.join([str(_TESTS.parent / "src"), str(_TESTS)])


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, sqlite_url: str) -> str:
    if request.param == "sqlite":
        return sqlite_url
    return request.getfixturevalue("postgres").new_database()


async def texts(stores: Stores, job_id: str) -> list[str]:
    return [each.text for each in await segments(stores, job_id)]


_LOCK_10_S = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(10)
database.execute("COMMIT")
"""


@pytest.mark.slow
async def test_a_database_locked_for_10_s_by_another_process_loses_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = Database.open(sqlite_url)
    stores = Stores(database)
    job_id = await running(stores)
    command = [sys.executable, "-c", _LOCK_10_S, str(tmp_path / "test.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as locker:
        assert locker.stdout
        assert locker.stdout.readline() == b"locked\n"
        started = time.monotonic()
        assert await stores.runs.append(job_id, 0, chunk_result([segment(0, "раз")], done=1))
        waited_s = time.monotonic() - started
    assert await stores.runs.finish(job_id, JobStatus.COMPLETED, finished_at=NOON)
    assert await texts(stores, job_id) == ["раз"]
    assert waited_s > 8
    database.close()


_APPEND_FOREVER = """
import asyncio, sys
from backend.storage.database import Database, Stores
from unit.backend.storage.database.recorded import chunk_result, running, segment
async def append_forever(stores):
    job_id = await running(stores, 10_000)
    print(job_id, flush=True)
    for index in range(10_000):
        pair = [segment(2 * index, "раз", with_words=True), segment(2 * index + 1, "два")]
        await stores.runs.append(job_id, index, chunk_result(pair, done=index + 1, total=10_000))
        print(index, flush=True)
asyncio.run(append_forever(Stores(Database.open(sys.argv[1]))))
"""


@pytest.mark.slow
async def test_a_killed_writer_leaves_complete_chunks_including_all_it_committed(url: str) -> None:
    environment = {"PYTHONPATH": _PYTHONPATH}
    command = [sys.executable, "-c", _APPEND_FOREVER, url]
    for pause_s in (0.05, 0.31, 0.77):
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
            assert writer.stdout
            job_id = writer.stdout.readline().decode().strip()
            writer.stdout.readline()
            time.sleep(pause_s)
            writer.send_signal(signal.SIGKILL)
            n_committed = 1 + len(writer.stdout.read().splitlines())
        database = Database.open(url)
        job = await Stores(database).jobs.get(job_id)
        database.close()
        assert job.result
        assert len(job.result.segments) == 2 * job.progress.chunks_done
        assert all(each.words for each in job.result.segments[::2])
        assert 0 <= job.progress.chunks_done - n_committed <= 1


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


async def test_deleting_a_transcript_leaves_no_byte_of_it_in_any_file(
    sqlite_url: str, tmp_path: Path
) -> None:
    # lemmas that share no prefix with others, because the index stores only the differing parts
    secrets = ["щъщъщъ", "ыъыъыъ", "qzqzqz"]
    database = Database.open(sqlite_url)
    stores = Stores(database)
    kept = await completed(stores, *["остаётся текст"] * 50, with_words=True)
    for _ in range(2):
        job_id = await completed(stores, *[" ".join(secrets[:2])] * 50, with_words=True)
        await stores.transcripts.edit_segment(job_id, OWNER, 0, SegmentCorrection(text=secrets[2]))
        await ChunkStore(database).put(OWNER, job_id, job_id, chunk_transcript(secrets[0]))
        assert all(secret.encode() in bytes_of(tmp_path) for secret in secrets)
        await completed(stores, "между ними")
        await stores.jobs.delete(job_id)
        assert job_id.encode() not in bytes_of(tmp_path)
        assert not any(secret.encode() in bytes_of(tmp_path) for secret in secrets)
    found = (await HistoryStore(database).page(OWNER, query="оставаться тексты")).items
    assert [job.id for job in found] == [kept]
    with closing(sqlite3.connect(tmp_path / "test.db")) as raw:
        raw.execute("INSERT INTO segments_fts(segments_fts, rank) VALUES ('integrity-check', 1)")
    database.close()


async def while_restarting(
    postgres: PostgresServer, mode: str, work: Callable[[], Awaitable[None]]
) -> None:
    """Do the work again and again while the server restarts, and once after."""
    restarting = threading.Thread(target=postgres.restart, args=(mode,))
    restarting.start()
    while restarting.is_alive():
        await work()
    restarting.join()
    await work()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_restart_or_crash_of_postgresql_loses_nothing_and_raises_nothing(
    postgres: PostgresServer, mode: str
) -> None:
    database = Database.open(postgres.new_database())
    stores = Stores(database)
    job_id = await running(stores, 10_000)
    done: list[str] = []

    async def append() -> None:
        index = len(done)
        await stores.runs.append(
            job_id, index, chunk_result([segment(index, f"слово{index}")], done=index + 1)
        )
        done.append(f"слово{index}")

    await append()
    await while_restarting(postgres, mode, append)
    assert len(done) > 2
    assert await texts(stores, job_id) == done
    database.ping()
    database.close()


async def test_a_server_that_stays_away_raises_an_error_in_the_end(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "RECONNECT_S", 0.5)
    database = Database.open(postgres.new_database())
    stores = Stores(database)
    postgres.stop()
    try:
        with pytest.raises(OperationalError):
            await stores.waiting.n_waiting(OWNER)
        with pytest.raises(OperationalError):
            database.ping()
    finally:
        postgres.start()
    assert await stores.waiting.n_waiting(OWNER) == 0
    database.close()


async def test_an_error_never_contains_the_values_written(url: str) -> None:
    database = Database.open(url)
    stores = Stores(database)
    job_id = await running(stores)
    twice = [segment(0, "тайна"), segment(0, "тайна")]
    with pytest.raises(Exception, match="INSERT") as raised:
        await stores.runs.append(job_id, 0, chunk_result(twice, done=1))
    assert "тайна" not in str(raised.value)
    assert await texts(stores, job_id) == []
    database.close()


async def test_a_chunk_written_by_several_processes_at_once_is_stored_once(url: str) -> None:
    databases = [Database.open(url) for _ in range(4)]
    stores = [Stores(database) for database in databases]
    job_id = await running(stores[0], 10)
    for index in range(10):
        result = chunk_result([segment(index, "раз", with_words=True)], done=index + 1)
        appends = (each.runs.append(job_id, index, result) for each in stores)
        written = await asyncio.gather(*appends)
        assert written.count(True) == 1
    assert await texts(stores[0], job_id) == ["раз"] * 10
    for database in databases:
        database.close()


async def test_deleting_jobs_that_share_a_recording_at_once_releases_it_once(url: str) -> None:
    database = Database.open(url)
    stores = Stores(database)
    for _ in range(5):
        ids = [await completed(stores, "раз", blob="shared") for _ in range(4)]
        deleted = await asyncio.gather(*(stores.jobs.delete(job_id) for job_id in ids))
        assert [each.blob for each in deleted].count("shared") == 1
    database.close()


async def test_a_job_cancelled_and_deleted_at_once_is_deleted(url: str) -> None:
    database = Database.open(url)
    stores = Stores(database)

    async def cancel(job_id: str) -> None:
        with suppress(JobNotFoundError):
            await stores.jobs.cancel(job_id, OWNER, NOON)

    for _ in range(5):
        job_id = await running(stores)
        await asyncio.gather(cancel(job_id), stores.jobs.delete(job_id))
        with pytest.raises(JobNotFoundError):
            await stores.jobs.get(job_id)
    database.close()


async def test_many_threads_write_and_read_at_once_and_nothing_is_lost(url: str) -> None:
    database = Database.open(url)
    stores, history = Stores(database), HistoryStore(database)
    written: list[str] = []

    async def write() -> None:
        for _ in range(5):
            written.append(await completed(stores, "раз", "два", with_words=True))
            await history.page(OWNER, query="раз")

    await asyncio.gather(*(write() for _ in range(8)))
    assert len(written) == 40
    found = (await history.page(OWNER, query="два", status=JobStatus.COMPLETED, limit=100)).items
    assert sorted(job.id for job in found) == sorted(written)
    database.close()
