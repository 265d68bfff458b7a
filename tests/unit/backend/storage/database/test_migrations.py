"""If these fail, a database cannot be migrated, or loses data on the way."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Inspector, create_engine, inspect, make_url, text

import previous_release
from backend.readable.text import rewrite_text
from backend.storage.database import (
    Database,
    HistoryStore,
    StatisticsStore,
    Stores,
    WrittenOptions,
)
from backend.storage.database.schema import NewerDatabaseError, downgrade, revisions
from backend.storage.database.tables import Base
from contracts.jobs import SegmentCorrection, Stage
from contracts.options import TranscribeOptions
from unit.backend.storage.database.recorded import NOON, OWNER, completed
from unit.backend.storage.database.test_speakers import assign, conversation

_SOURCE = Path(__file__).resolve().parents[5] / "src"


def is_full_text_index(name: str | None) -> bool:
    return name == "ix_segments_lemmas" or (name or "").startswith("segments_fts")


def test_the_migrations_create_the_tables_of_the_program(database: Database) -> None:
    with database._engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, *_: not is_full_text_index(name),
                "compare_type": True,
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def raw_engine(url: str):
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    return create_engine(address)


async def test_a_downgrade_to_base_removes_all_tables_and_can_be_undone(empty_url: str) -> None:
    Database.open(empty_url).close()
    engine = raw_engine(empty_url)
    for revision in [*revisions()[-2::-1], "base"]:
        downgrade(engine, revision)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    engine.dispose()
    database = Database.open(empty_url)
    await completed(Stores(database), "раз")
    database.close()


@pytest.mark.parametrize("revision", revisions())
async def test_a_database_of_each_earlier_version_is_upgraded_with_its_data(
    empty_url: str, revision: str
) -> None:
    database = Database.open(empty_url)
    job_id = await completed(Stores(database), "Раз, два", with_words=True)
    before = await Stores(database).jobs.get(job_id)
    database.close()
    engine = raw_engine(empty_url)
    downgrade(engine, revision)
    engine.dispose()
    database = Database.open(empty_url)
    assert await Stores(database).jobs.get(job_id) == before
    assert [job.id for job in (await HistoryStore(database).page(OWNER, query="два")).items] == [
        job_id
    ]
    database.close()


def test_backends_of_the_previous_release_can_work_on_the_upgraded_tables(empty_url: str) -> None:
    """Else those that still run during a rolling upgrade would fail."""
    Database.open(empty_url).close()
    engine = raw_engine(empty_url)
    new = inspect(engine)
    tables = {
        name: {each["name"]: each for each in new.get_columns(name)}
        for name in new.get_table_names()
    }
    constraints = {name: constraints_of(new, name) for name in tables}
    downgrade(engine, previous_release.REVISION)
    old = inspect(engine)
    for name in old.get_table_names():
        columns = {each["name"]: each for each in old.get_columns(name)}
        assert columns.keys() <= tables.get(name, {}).keys(), name
        for column, before in columns.items():
            after = tables[name][column]
            assert str(after["type"]) == str(before["type"]), (name, column)
            assert after["nullable"] == before["nullable"], (name, column)
        for column in tables[name].keys() - columns.keys():
            added = tables[name][column]
            assert added["nullable"] or added["default"] is not None, (name, column)
        assert constraints[name] <= constraints_of(old, name), name
    engine.dispose()


def constraints_of(inspector: Inspector, table: str) -> set[tuple[str, ...]]:
    """Return the columns of what may refuse a row: unique indexes, foreign keys and checks."""
    found = [each["column_names"] for each in inspector.get_unique_constraints(table)]
    found += [each["column_names"] for each in inspector.get_indexes(table) if each["unique"]]
    found += [each["constrained_columns"] for each in inspector.get_foreign_keys(table)]
    found += [[each["sqltext"]] for each in inspector.get_check_constraints(table)]
    return {tuple(str(column) for column in columns) for columns in found}


def test_a_database_of_a_newer_program_is_refused_and_unchanged(empty_url: str) -> None:
    Database.open(empty_url).close()
    engine = raw_engine(empty_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabaseError):
        Database.open(empty_url)
    assert inspect(engine).has_table("segments")
    engine.dispose()


_OPEN = """
import asyncio, sys
from backend.storage.database import Database, Stores
database = Database.open(sys.argv[1])
print(asyncio.run(Stores(database).waiting.n_waiting("owner")))
"""


def test_concurrent_starts_migrate_once(empty_url: str) -> None:
    command = [sys.executable, "-c", _OPEN, empty_url]
    starting = [
        subprocess.Popen(
            command,
            env={"PYTHONPATH": str(_SOURCE)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for process in starting:
        output, errors = process.communicate(timeout=120)
        assert (process.returncode, output) == (0, b"0\n"), errors.decode()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_would_be_lost_with_the_process_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="memory"):
        Database.open(url)


async def test_an_upgrade_keeps_speakers_and_corrections_and_lets_them_be_named(
    empty_url: str,
) -> None:
    """A conversation of the version that could not name its speakers."""
    database = Database.open(empty_url)
    job_id = await conversation(Stores(database))
    correction = SegmentCorrection(text="исправлено")
    await Stores(database).transcripts.edit_segment(job_id, OWNER, 1, correction)
    before = await Stores(database).jobs.get(job_id)
    database.close()
    engine = raw_engine(empty_url)
    downgrade(engine, "0007")
    engine.dispose()
    database = Database.open(empty_url)
    stores = Stores(database)
    assert (await stores.jobs.get(job_id)).result == before.result
    (first, *_) = await stores.speakers.name(job_id, OWNER, "S1", "Анна")
    assert first.name == "Анна"
    database.close()


async def test_a_text_of_a_version_without_readable_text_is_kept_and_can_be_rewritten(
    empty_url: str,
) -> None:
    """Else old transcripts would stay without digits and typography, or lose their words."""
    database = Database.open(empty_url)
    job_id = await completed(Stores(database), "пришло двадцать пять человек", with_words=True)
    before = (await Stores(database).transcripts.with_revision(job_id, OWNER))[1]
    database.close()
    engine = raw_engine(empty_url)
    downgrade(engine, "0005")
    engine.dispose()
    database = Database.open(empty_url)
    transcripts = Stores(database).transcripts
    revision, upgraded = await transcripts.with_revision(job_id, OWNER)
    assert upgraded == before
    options = TranscribeOptions.model_validate({"numbers": "digits"})
    written = rewrite_text(upgraded, "ru", options)
    assert await transcripts.rewrite(job_id, revision, written, WrittenOptions(options, "key"))
    (found,) = (await transcripts.with_revision(job_id, OWNER))[1]
    assert (found.text, found.raw_text) == ("пришло 25 человек", "пришло двадцать пять человек")
    (same,) = rewrite_text([found], "ru", TranscribeOptions())
    assert (same.text, [word.word for word in same.words or []]) == (
        before[0].text,
        before[0].text.split(),
    )
    database.close()


async def test_an_upgrade_asks_for_the_marks_of_texts_that_have_none_and_keeps_their_words(
    empty_url: str,
) -> None:
    """Else transcripts of a model without punctuation would stay without, or others be changed."""
    database = Database.open(empty_url)
    stores = Stores(database)
    bare = await completed(stores, "раз два", "три", with_words=True)
    others = [
        await completed(stores, "Раз, два.", "три", "Четыре", with_words=True),
        await completed(stores, "раз", "два"),  # without the times of words
        await completed(stores, "раз", blob="dropped", with_words=True),
    ]
    await stores.retention.drop_audio(others[-1])
    before = (await stores.transcripts.with_revision(bare, OWNER))[1]
    database.close()
    engine = raw_engine(empty_url)
    downgrade(engine, "0023")
    engine.dispose()
    database = Database.open(empty_url)
    stores = Stores(database)
    assert await stores.punctuation.requested() == [bare]
    assert (await stores.transcripts.with_revision(bare, OWNER))[1] == before
    assert (await stores.jobs.get(bare)).progress.stage is Stage.PUNCTUATING
    database.close()
    engine = raw_engine(empty_url)
    downgrade(engine, "0023")
    with engine.connect() as connection:
        assert (
            connection.scalar(text("SELECT count(*) FROM transcriptions WHERE stage != 'done'"))
            == 0
        )
    engine.dispose()


@pytest.mark.parametrize("revision", ["0010", "0015"])
async def test_an_upgrade_counts_what_was_transcribed_before(empty_url: str, revision: str) -> None:
    """Recordings of versions that kept no sums would be missing from the statistics."""
    database = Database.open(empty_url)
    for texts in (("Раз, два.", "", " три "), ("четыре",)):
        await completed(Stores(database), *texts)
    job_id = await conversation(Stores(database))
    await conversation(Stores(database))
    for speaker, name in (("S1", "Анна"), ("S3", "Анна"), ("S2", "S1"), ("S2", None)):
        await Stores(database).speakers.name(job_id, OWNER, speaker, name)
    await assign(Stores(database), job_id, 0, "S3")
    before = await StatisticsStore(database).count(OWNER, NOON.date())
    database.close()
    engine = raw_engine(empty_url)
    downgrade(engine, revision)
    engine.dispose()
    database = Database.open(empty_url)
    assert await StatisticsStore(database).count(OWNER, NOON.date()) == before
    assert before.n_words == 4 + 2 * 8
    assert [one.name for one in before.speakers] == ["Анна", None]
    database.close()
