"""Store the keys that are made while the backend runs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from backend.errors import KeyNotFoundError, WrongStateError
from backend.storage.database.account_tables import ApiKeyRow
from backend.storage.database.engine import Database, transaction
from backend.storage.database.usage import usage_of
from contracts.accounts import ApiKey, KeyRequest, Role, UsedApiKey


@dataclass(frozen=True)
class KeyDigest:
    """What is stored of a key.

    Attributes:
        selector: the part of the key that finds its row.
        salt: random bytes.
        digest: HMAC-SHA-256 of the key under the salt.
    """

    selector: str
    salt: bytes
    digest: bytes


@dataclass(frozen=True)
class StoredKey:
    """A valid key: what it is checked by, and whom it stands for."""

    stored: KeyDigest
    name: str
    role: Role
    owner: str


class KeyStore:
    """The keys of all accounts; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @transaction
    def add(
        self, request: KeyRequest, stored: KeyDigest, owner: str, created_at: datetime
    ) -> ApiKey:
        """Store a key.

        Args:
            owner: whose jobs it opens.

        Raises: WrongStateError: a valid key has the name.
        """
        try:
            with self._database.writing() as session:
                row = ApiKeyRow(
                    **request.model_dump(),
                    selector=stored.selector,
                    salt=stored.salt,
                    digest=stored.digest,
                    owner=owner,
                    created_at=created_at,
                )
                session.add(row)
                session.flush()
                return _to_key(row)
        except IntegrityError as error:
            raise WrongStateError("Another valid key has this name.") from error

    @transaction
    def find(self, selector: str) -> StoredKey | None:
        """Return the valid key that a selector stands for; None: there is none."""
        query = select(ApiKeyRow).where(
            ApiKeyRow.selector == selector, ApiKeyRow.revoked_at.is_(None)
        )
        with self._database.reading() as session:
            row = session.scalar(query)
            if row is None:
                return None
            stored = KeyDigest(row.selector, row.salt, row.digest)
            return StoredKey(stored, row.name, row.role, row.owner)

    @transaction
    def list(self, now: datetime) -> list[UsedApiKey]:
        """Return all keys with their usage, revoked ones too, the newest first."""
        query = select(ApiKeyRow).order_by(ApiKeyRow.id.desc())
        with self._database.reading() as session:
            return [
                UsedApiKey(**dict(_to_key(row)), usage=usage_of(session, row.owner, now))
                for row in session.scalars(query)
            ]

    @transaction
    def owner(self, key_id: int) -> str:
        """Return the owner of a key, also of a revoked one, or raise KeyNotFoundError."""
        query = select(ApiKeyRow.owner).where(ApiKeyRow.id == key_id)
        with self._database.reading() as session:
            owner = session.scalar(query)
        if owner is None:
            raise KeyNotFoundError("No key has this id.")
        return owner

    @transaction
    def revoke(self, key_id: int, revoked_at: datetime) -> None:
        """Let a key open nothing any more.

        Raises: KeyNotFoundError: no valid key has the id.
        """
        with self._database.writing() as session:
            row = session.get(ApiKeyRow, key_id, with_for_update=True)
            if row is None or row.revoked_at is not None:
                raise KeyNotFoundError("No valid key has this id.")
            row.revoked_at = revoked_at

    @transaction
    def any_exists(self) -> bool:
        """Return whether a key was ever made."""
        with self._database.reading() as session:
            return session.scalar(select(ApiKeyRow.id).limit(1)) is not None


def _to_key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        role=row.role,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        audio_hours_per_day=row.audio_hours_per_day,
        max_kept_bytes=row.max_kept_bytes,
    )
