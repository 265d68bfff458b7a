"""Accounts: who makes a request, by a sign-in, a key of the settings or one that was made here.

A key that was made here is `st_<selector>_<secret>`. Its selector finds the row; of the whole key
only an HMAC under a random salt is stored. It is looked up at each request, so that a revoked key
opens nothing any more on any backend.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.datastructures import Headers

from backend.api_keys import LOCAL_OWNER, ApiKeys, WrongKeyLimiter
from backend.storage.database import KeyDigest, KeyStore
from contracts.accounts import KeyRequest, NewApiKey, Role, UsedApiKey
from contracts.sign_in import SECRET_HEADER, SignIn

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


class ProxySignIn:
    """Finds the account of a user whom a proxy has signed in.

    Args:
        sign_in: how the proxy tells who it is.
        admins: users who are admins; all others are users.
        limiter: of wrong secrets, the same as that of wrong keys.
    """

    def __init__(
        self, sign_in: SignIn, admins: Collection[str], limiter: WrongKeyLimiter | None = None
    ) -> None:
        self._sign_in = sign_in
        self._admins = admins
        self._secrets = ApiKeys([sign_in.secret], limiter)

    def account_of(self, headers: Headers, client: str) -> Account | None:
        """Return the account of a request; None: the proxy has signed in nobody.

        Args:
            headers: of the request.
            client: the address that sent it.

        Raises:
            UnknownKeyError: the proxy's secret is wrong.
            TooManyWrongKeysError: the client has sent too many of them.
        """
        secrets_sent = headers.getlist(SECRET_HEADER)
        for secret in secrets_sent:
            self._secrets.check(secret or " ", client)  # an empty one is wrong, too
        user = self._sign_in.user_of(secrets_sent, headers.getlist(self._sign_in.header))
        if user is None:
            return None
        role = Role.ADMIN if user in self._admins else Role.USER
        return Account(_owner_of_user(user), user, role)


class Accounts:
    """Finds the account of a request, and makes and revokes keys.

    Args:
        configured: the keys of the settings; each stands for a `user`.
        keys: those that were made here.
        sign_in: None: nobody signs in at a proxy.
    """

    def __init__(
        self,
        configured: ApiKeys,
        keys: KeyStore,
        sign_in: ProxySignIn | None = None,
    ) -> None:
        self._configured = configured
        self._keys = keys
        self._sign_in = sign_in
        self._is_required = bool(configured) or sign_in is not None

    @property
    def are_required(self) -> bool:
        """Whether every request needs a key or a sign-in: there are some, or a key was ever made.

        `refresh` keeps it up to date, so that no request waits for the database to know it.
        """
        return self._is_required

    async def refresh(self) -> None:
        """Learn whether another process has made the first key; call it at the start and later."""
        if not self._is_required:
            self._is_required = await self._keys.any_exists()

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
        if not self._is_required:
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

    def signed_in(self, headers: Headers, client: str = "") -> Account | None:
        """Return the account of a user whom a proxy has signed in; see `ProxySignIn`."""
        return self._sign_in.account_of(headers, client) if self._sign_in else None

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
        self._is_required = True
        return NewApiKey(key=key, **dict(made))

    async def list(self) -> list[UsedApiKey]:
        """Return all keys that were made here with their usage, the newest first."""
        return await self._keys.list(datetime.now(UTC))

    async def revoke(self, key_id: int) -> None:
        """Let a key open nothing any more, or raise KeyNotFoundError."""
        await self._keys.revoke(key_id, datetime.now(UTC))


def _owner_of_user(user: str) -> str:
    digest = hashlib.sha256(b"speech_transcription\nuser\n" + user.encode()).hexdigest()
    return f"user-{digest[:32]}"


def _digest(key: str, salt: bytes) -> bytes:
    return hmac.digest(salt, key.encode(), hashlib.sha256)
