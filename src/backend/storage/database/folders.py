"""Store which folder each recording is in."""

from sqlalchemy import func, select, update

from backend.errors import JobNotFoundError
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import tag_sort_key
from backend.storage.database.tables import TranscriptionRow
from contracts.jobs import FolderCount


class FolderStore:
    """The folders of all owners: those that a job is in; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def list(self, owner: str) -> list[FolderCount]:
        """Return an owner's folders, sorted, with the number of jobs in each."""
        folder = TranscriptionRow.folder
        query = (
            select(folder, func.count())
            .where(TranscriptionRow.owner == owner, folder.is_not(None))
            .group_by(folder)
        )
        with self._database.reading() as session:
            counts = [
                FolderCount(folder=name, n_jobs=n) for name, n in session.execute(query) if name
            ]
        return sorted(counts, key=lambda count: tag_sort_key(count.folder))

    @transaction
    def move_all(self, owner: str, folder: str, target: str | None) -> None:
        """Move all jobs of a folder into another one, which may be new.

        Args:
            target: None for none.

        Raises: JobNotFoundError: no job of that owner is in the folder.
        """
        is_inside = (TranscriptionRow.owner == owner) & (TranscriptionRow.folder == folder)
        with self._database.writing() as session:
            moved = session.scalars(
                update(TranscriptionRow)
                .where(is_inside)
                .values(folder=target)
                .returning(TranscriptionRow.number)
            )
            if not moved.all():
                raise JobNotFoundError("There is no folder with this name.")
