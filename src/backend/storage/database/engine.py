"""Open the database: SQLite in a file by default, PostgreSQL by URL."""

import fcntl
import functools
import sqlite3
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

import psycopg
import stamina
from anyio.to_thread import run_sync
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from backend.errors import DiskFullError
from backend.storage.database.schema import upgrade

LOCK_TIMEOUT_S = 30
"""Seconds that SQLite waits for another process to finish writing."""

RECONNECT_S = 30
"""Seconds for which a transaction is retried after the connection was lost."""

_MIGRATION_LOCK = 0x5350_4545_4348
"""Key of PostgreSQL's advisory lock that is held during migrations."""

_WORK_LOCK = _MIGRATION_LOCK + 1
"""Key of the one that `Database.lock` takes."""

_SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {LOCK_TIMEOUT_S * 1000}",
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",  # a commit survives a power cut
    "PRAGMA secure_delete = ON",  # overwrite deleted content
)

_TRANSIENT = frozenset(
    {
        "57P01",  # the server is shutting down
        "57P02",  # the server has crashed
        "57P03",  # the server is starting up
        "40P01",  # this side lost a deadlock
    }
)
"""SQLSTATEs after which a transaction is retried."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Database:
    """The connection pool of this process.

    Args:
        engine: from `open`.
    """

    def __init__(self, engine: Engine) -> None:
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._engine = engine
        reading = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reading = sessionmaker(engine.execution_options(**reading))
        self._writing = sessionmaker(engine.execution_options(writes=True), expire_on_commit=False)

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect and migrate the tables; several processes may do so at once.

        Args:
            url: `sqlite:///…` or `postgresql://…`.

        Raises:
            SQLAlchemyError: it is unreachable.
            NewerDatabaseError: a newer version of the program has migrated it.
        """
        address = make_url(url)
        engine = (
            _sqlite_engine(address)
            if address.get_backend_name() == "sqlite"
            else _postgresql_engine(address)
        )
        _migrate(engine)
        return cls(engine)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def ping(self) -> None:
        """Run a trivial query.

        Raises: SQLAlchemyError: the database is unreachable.
        """
        with self.reading() as session:
            session.execute(text("SELECT 1"))

    @contextmanager
    def reading(self) -> Generator[Session]:
        """Open a read session on a snapshot of the database."""
        with self._reading.begin() as session:
            yield session

    @contextmanager
    def writing(self) -> Generator[Session]:
        """Open a session that commits its changes together, or none of them.

        Raises: DiskFullError: the disk is full.
        """
        try:
            with self._writing.begin() as session:
                yield session
        except DBAPIError as error:
            if _is_disk_full(error):
                raise DiskFullError("The disk is full.") from error
            raise

    def lock(self, session: Session) -> None:
        """Wait until no other transaction holds this lock, and hold it to the end of the session.

        A session that writes to SQLite holds one anyway.
        """
        if not self.is_sqlite:
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WORK_LOCK})

    def erase_deleted(self) -> None:
        """Truncate SQLite's write-ahead log, which still contains deleted rows.

        A long read keeps the log until the next call, or until the database is closed.
        """
        if not self.is_sqlite:
            return
        _outside_transaction(self._engine, "PRAGMA wal_checkpoint(TRUNCATE)")


def transaction(
    method: Callable[Arguments, Result],
) -> Callable[Arguments, Coroutine[None, None, Result]]:
    """Make a store's method async: run it in a thread, again while the connection is lost.

    The method must be exactly one transaction.
    """

    @functools.wraps(method)
    async def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        async for attempt in _until_connected():
            with attempt:
                return await run_sync(functools.partial(method, *args, **kwargs))
        raise AssertionError("the last attempt returns or raises")

    return run


def _until_connected():
    # the context, not stamina's decorator: that one logs the arguments
    return stamina.retry_context(
        on=_is_connection_lost, attempts=None, timeout=RECONNECT_S, wait_max=2.0
    )


def _sqlite_engine(address: URL) -> Engine:
    if not address.database or address.database == ":memory:":
        raise ValueError("a SQLite database in memory is lost when the process ends")
    Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    # a thread that waits for a lock keeps its connection; others must not wait for it
    engine = create_engine(address, hide_parameters=True, max_overflow=-1)

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        assert isinstance(connection, sqlite3.Connection)
        connection.isolation_level = None  # `begin` below starts transactions
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # SQLite refuses a transaction that reads first and writes after another has written
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(address: URL) -> Engine:
    engine = create_engine(
        address.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=10,
        connect_args={
            "connect_timeout": 10,
            "application_name": "speech_transcription",
            "prepare_threshold": None,  # a prepared plan fits neither rare nor common words
        },
    )

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        assert isinstance(connection, psycopg.Connection)
        # compiling a search takes longer than running it
        connection.execute("SET jit = off")
        connection.commit()

    return engine


def _migrate(engine: Engine) -> None:
    for attempt in _until_connected():
        with attempt, _migration_lock(engine):
            upgrade(engine)


@contextmanager
def _migration_lock(engine: Engine) -> Generator[None]:
    """Let one process at a time migrate, and prepare SQLite's file."""
    if engine.dialect.name == "sqlite":
        with Path(f"{engine.url.database}.lock").open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _outside_transaction(engine, "PRAGMA journal_mode = WAL")
            yield
        return
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})


def _outside_transaction(engine: Engine, statement: str) -> None:
    connection = engine.raw_connection()
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()


def _is_disk_full(error: DBAPIError) -> bool:
    cause = error.orig
    if isinstance(cause, sqlite3.OperationalError):
        return cause.sqlite_errorcode == sqlite3.SQLITE_FULL
    return isinstance(cause, psycopg.errors.DiskFull)


def _is_connection_lost(error: Exception) -> bool:
    """Return whether an error is transient, not caused by the statement."""
    if not isinstance(error, DBAPIError) or isinstance(error.orig, sqlite3.Error):
        return False
    sqlstate = getattr(error.orig, "sqlstate", None)
    is_unanswered = isinstance(error, OperationalError) and sqlstate is None
    return error.connection_invalidated or is_unanswered or sqlstate in _TRANSIENT
