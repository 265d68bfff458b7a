"""API keys, and the owners that they stand for."""

import hashlib
import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network

from backend.errors import MissingKeyError, TooManyWrongKeysError, UnknownKeyError

LOCAL_OWNER = "local"
"""The owner of everything while no API keys are configured."""

MAX_WRONG_KEYS = 10
"""Wrong keys that a client may send at once; afterwards one every `REFILL_S`."""
REFILL_S = 6.0

_MAX_CLIENTS = 10_000


class WrongKeyLimiter:
    """A token bucket for each client's wrong keys, in this process's memory.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait_s(self, client: str) -> int:
        """Return the seconds until a client may try another key; 0: now."""
        missing_s = self._full_at.get(_network(client), 0.0) - self._clock()
        return max(0, math.ceil(missing_s - (MAX_WRONG_KEYS - 1) * REFILL_S))

    def add(self, client: str) -> None:
        """Count a wrong key."""
        network, now = _network(client), self._clock()
        self._full_at[network] = max(self._full_at.pop(network, now), now) + REFILL_S
        while len(self._full_at) > _MAX_CLIENTS:
            self._full_at.popitem(last=False)


class ApiKeys:
    """Checks API keys; only their digests are kept in memory.

    Args:
        keys: empty: every client is accepted.
    """

    def __init__(self, keys: Iterable[str], limiter: WrongKeyLimiter | None = None) -> None:
        self._digests = [_digest(key) for key in keys]
        self._limiter = limiter or WrongKeyLimiter()
        self._accepted: set[tuple[str, str]] = set()

    def __bool__(self) -> bool:
        """Return whether there are keys."""
        return bool(self._digests)

    def owner_of(self, key: str | None, client: str = "") -> str:
        """Return the owner of a request; without keys every client is the local one.

        Raises: MissingKeyError, UnknownKeyError, TooManyWrongKeysError: see `check`.
        """
        return self.check(key, client) if self else LOCAL_OWNER

    def check(self, key: str | None, client: str = "") -> str:
        """Return the owner of a key; it always stands for the same one.

        Args:
            key: the key in the request.
            client: the address that sent it.

        Raises:
            MissingKeyError: the request has no key.
            UnknownKeyError: the key is not valid.
            TooManyWrongKeysError: the client has sent too many of them; this key is not checked.
        """
        digest = self.ensure_may_try(key, client)
        # compare all keys in full, so that the time does not reveal how close a guess is
        if not sum(hmac.compare_digest(digest, known) for known in self._digests):
            self._accepted.discard((client, digest))
            self._limiter.add(client)
            raise UnknownKeyError("The API key is not valid.")
        self._accept(digest, client)
        return f"key-{digest[:32]}"

    def ensure_may_try(self, key: str | None, client: str) -> str:
        """Return the digest of a key that may be checked.

        After too many wrong keys a client may only use keys that it has used before, so that a
        script with an old key does not shut out the page.

        Raises: MissingKeyError, TooManyWrongKeysError: see `check`.
        """
        if not key:
            raise MissingKeyError("Send an API key as `Authorization: Bearer …`.")
        digest = _digest(key)
        if (client, digest) not in self._accepted and (wait_s := self._limiter.wait_s(client)):
            raise TooManyWrongKeysError("Too many wrong API keys.", retry_after_s=wait_s)
        return digest

    def accept(self, key: str, client: str) -> None:
        """Remember that a client has used a valid key, which may be another than these."""
        self._accept(_digest(key), client)

    def _accept(self, digest: str, client: str) -> None:
        if len(self._accepted) >= _MAX_CLIENTS:
            self._accepted.clear()
        self._accepted.add((client, digest))


def _digest(key: str) -> str:
    return hashlib.sha256(b"speech_transcription\n" + key.encode()).hexdigest()


def _network(client: str) -> str:
    """Return an IPv6 address's /64, which is all one client's, and any other address itself."""
    try:
        is_v6 = ip_address(client).version == 6
    except ValueError:
        return client
    return str(ip_network((client, 64), strict=False)) if is_v6 else client
