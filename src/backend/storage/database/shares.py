"""Store the links with which others may read a transcript."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.errors import JobNotFoundError, WrongStateError
from backend.storage.database.engine import Database, transaction
from backend.storage.database.row_mappers import find_rows
from backend.storage.database.tables import ShareLinkRow, TranscriptionRow
from contracts.sharing import MAX_SHARE_LINKS, ShareLink


class ShareStore:
    """The links of all jobs; every method is one transaction.

    A link is found by the SHA-256 of its token, so that a copy of the database opens none.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def add(
        self, job_id: str, owner: str, token_sha256: str, *, now: datetime, expires_at: datetime
    ) -> ShareLink:
        """Store a link and delete the job's expired ones.

        Raises:
            JobNotFoundError: no job of that owner has the id.
            WrongStateError: the job has `MAX_SHARE_LINKS` valid links.
        """
        with self._database.writing() as session:
            row, _ = find_rows(session, job_id, owner, lock=True)
            session.execute(
                delete(ShareLinkRow).where(
                    ShareLinkRow.transcription_number == row.number,
                    ShareLinkRow.expires_at <= now,
                )
            )
            if len(_valid_links(session, row.number, now)) >= MAX_SHARE_LINKS:
                raise WrongStateError(f"A transcript has at most {MAX_SHARE_LINKS} links.")
            link = ShareLinkRow(
                transcription_number=row.number,
                token_sha256=token_sha256,
                created_at=now,
                expires_at=expires_at,
            )
            session.add(link)
            session.flush()
            return _to_link(link)

    @transaction
    def list(self, job_id: str, owner: str, now: datetime) -> list[ShareLink]:
        """Return a job's valid links, oldest first.

        Raises: JobNotFoundError: no job of that owner has the id.
        """
        with self._database.reading() as session:
            row, _ = find_rows(session, job_id, owner)
            return [_to_link(link) for link in _valid_links(session, row.number, now)]

    @transaction
    def remove(self, job_id: str, owner: str, link_id: int) -> None:
        """Revoke a link.

        Raises: JobNotFoundError: no job of that owner has the id, or it has no such link.
        """
        with self._database.writing() as session:
            row, _ = find_rows(session, job_id, owner, lock=True)
            link = session.get(ShareLinkRow, link_id)
            if link is None or link.transcription_number != row.number:
                raise JobNotFoundError("The transcription has no link with this id.")
            session.delete(link)

    @transaction
    def find(self, token_sha256: str, now: datetime) -> tuple[str, str, datetime]:
        """Return the job's id, its owner and the expiry of a valid link.

        Raises: JobNotFoundError: no link has this token, or it has expired.
        """
        query = (
            select(TranscriptionRow.id, TranscriptionRow.owner, ShareLinkRow.expires_at)
            .join(ShareLinkRow, ShareLinkRow.transcription_number == TranscriptionRow.number)
            .where(ShareLinkRow.token_sha256 == token_sha256, ShareLinkRow.expires_at > now)
        )
        with self._database.reading() as session:
            found = session.execute(query).one_or_none()
        if found is None:
            raise JobNotFoundError("No transcript is shared under this address.")
        job_id, owner, expires_at = found
        return job_id, owner, expires_at


def _valid_links(session: Session, number: int, now: datetime) -> list[ShareLinkRow]:
    query = select(ShareLinkRow).where(
        ShareLinkRow.transcription_number == number, ShareLinkRow.expires_at > now
    )
    return [*session.scalars(query.order_by(ShareLinkRow.id))]


def _to_link(row: ShareLinkRow) -> ShareLink:
    return ShareLink(id=row.id, created_at=row.created_at, expires_at=row.expires_at)
