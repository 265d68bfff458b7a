"""Accounts: who makes a request, by a key of the settings or by one that was made here.

A key that was made here is `st_<selector>_<secret>`. Its selector finds the row; of the whole key
only an HMAC under a random salt is stored. It is looked up at each request, so that a revoked key
opens nothing any more on any backend.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from backend.api_keys import LOCAL_OWNER, ApiKeys
from backend.storage.database import KeyDigest, KeyStore
from contracts.accounts import KeyRequest, NewApiKey, Role, UsedApiKey

RECHECK_S = 2.0
"""Seconds after which an open backend notices that the first key was made."""

_SECRET_BYTES = 32
"""Random bytes of a key: nobody guesses one of 2^256."""
_SELECTOR_BYTES = 8
_SALT_BYTES = 16

_is_made_here = re.compile(r"st_([0-9a-f]{16})_[A-Za-z0-9_-]{43}").fullmatch


@dataclass(frozen=True)
class Account:
    """Who makes a request.

    Attributes:
        owner: whose jobs, uploads and results the account sees.
        name: shown to admins.
    """

    owner: str
    name: str
    role: Role = Role.USER


LOCAL_ACCOUNT = Account(LOCAL_OWNER, LOCAL_OWNER)
"""Everybody on this machine, while no key is required."""


class Accounts:
    """Finds the account of a request, and makes and revokes keys.

    Args:
        configured: the keys of the settings; each stands for a `user`.
        keys: those that were made here.
        clock: returns seconds.
    """

    def __init__(
        self,
        configured: ApiKeys,
        keys: KeyStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._configured = configured
        self._keys = keys
        self._clock = clock
        self._is_required = bool(configured)
        self._checked_at = -RECHECK_S

    async def are_required(self) -> bool:
        """Return whether every request needs a key: one is configured, or was ever made."""
        if not self._is_required and self._clock() - self._checked_at >= RECHECK_S:
            self._checked_at = self._clock()
            self._is_required = await self._keys.any_exists()
        return self._is_required

    async def account_of(self, key: str | None, client: str = "") -> Account:
        """Return the account of a request.

        Args:
            key: the key in the request.
            client: the address that sent it.

        Raises:
            MissingKeyError: a key is required, and the request has none.
            UnknownKeyError: the key is not valid.
            TooManyWrongKeysError: the client has sent too many of them.
        """
        if not await self.are_required():
            return LOCAL_ACCOUNT
        self._configured.ensure_may_try(key, client)
        if key and (found := _is_made_here(key)):
            stored = await self._keys.find(found[1])
            if stored and hmac.compare_digest(
                stored.stored.digest, _digest(key, stored.stored.salt)
            ):
                self._configured.accept(key, client)
                return Account(stored.owner, stored.name, stored.role)
        owner = self._configured.check(key, client)
        return Account(owner, owner[:12])

    async def create(self, request: KeyRequest, owner: str | None = None) -> NewApiKey:
        """Make a key; it is returned here only.

        Args:
            owner: whose jobs it opens; None: a new owner's.

        Raises: WrongStateError: a valid key has the name.
        """
        selector, salt = secrets.token_hex(_SELECTOR_BYTES), secrets.token_bytes(_SALT_BYTES)
        key = f"st_{selector}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        stored = KeyDigest(selector, salt, _digest(key, salt))
        made = await self._keys.add(
            request, stored, owner or f"account-{selector}", datetime.now(UTC)
        )
        return NewApiKey(key=key, **dict(made))

    async def list(self) -> list[UsedApiKey]:
        """Return all keys that were made here with their usage, the newest first."""
        return await self._keys.list(datetime.now(UTC))

    async def revoke(self, key_id: int) -> None:
        """Let a key open nothing any more, or raise KeyNotFoundError."""
        await self._keys.revoke(key_id, datetime.now(UTC))


def _digest(key: str, salt: bytes) -> bytes:
    return hmac.digest(salt, key.encode(), hashlib.sha256)
