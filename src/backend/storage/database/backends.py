"""Store which backends run, and their heartbeats."""

from collections.abc import Callable, Collection

from sqlalchemy import delete, select, update

from backend.storage.database.engine import Database, transaction
from backend.storage.database.tables import BackendRow


class BackendStore:
    """The running backends of one database; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_shared = not database.is_sqlite
        """Whether several backends may use the database."""

    @transaction
    def add(self, backend_id: str, steps_version: str) -> None:
        """Add a backend that starts, unless it is there; it has a SQLite database to itself.

        Args:
            steps_version: of the jobs that it can continue.
        """
        with self._database.writing() as session:
            if not self.is_shared:
                session.execute(delete(BackendRow).where(BackendRow.id != backend_id))
            if session.get(BackendRow, backend_id) is None:
                session.add(BackendRow(id=backend_id, n_beats=0, steps_version=steps_version))

    @transaction
    def beat(self, backend_id: str) -> bool:
        """Count a heartbeat; return False if the backend was removed."""
        row = BackendRow.id == backend_id
        with self._database.writing() as session:
            beat = update(BackendRow).where(row).values(n_beats=BackendRow.n_beats + 1)
            return session.scalar(beat.returning(BackendRow.id)) is not None

    @transaction
    def beats(self) -> dict[str, int]:
        """Return the number of heartbeats of each backend."""
        with self._database.reading() as session:
            return {row.id: row.n_beats for row in session.scalars(select(BackendRow))}

    @transaction
    def if_all_continue(self, steps_version: str, work: Callable[[], None]) -> None:
        """Do some work if all running backends continue the same jobs, in one of them at a time."""
        query = select(BackendRow.steps_version).distinct()
        with self._database.writing() as session:
            self._database.lock(session)
            if set(session.scalars(query)) == {steps_version}:
                work()

    @transaction
    def remove(self, backend_ids: Collection[str]) -> None:
        """Remove backends that have ended."""
        with self._database.writing() as session:
            session.execute(delete(BackendRow).where(BackendRow.id.in_(backend_ids)))
