"""API keys, and the owners that they stand for."""

import hashlib
import hmac
from collections.abc import Iterable

from backend.errors import MissingKeyError, UnknownKeyError

LOCAL_OWNER = "local"
"""The owner of everything while no API keys are configured."""


class ApiKeys:
    """Checks API keys; only their digests are kept in memory.

    Args:
        keys: empty: every client is accepted.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = [_digest(key) for key in keys]

    def owner_of(self, key: str | None) -> str:
        """Return the owner of a request; a key always stands for the same owner.

        Args:
            key: the key in the request.

        Raises:
            MissingKeyError: a key is required, and the request has none.
            UnknownKeyError: the key is not valid.
        """
        if not self._digests:
            return LOCAL_OWNER
        if not key:
            raise MissingKeyError("Send an API key as `Authorization: Bearer …`.")
        digest = _digest(key)
        # compare all keys in full, so that the time does not reveal how close a guess is
        if not sum(hmac.compare_digest(digest, known) for known in self._digests):
            raise UnknownKeyError("The API key is not valid.")
        return f"key-{digest[:32]}"


def _digest(key: str) -> str:
    return hashlib.sha256(b"speech_transcription\n" + key.encode()).hexdigest()
