"""Who may use the backend, and whose everything is that they send."""

import hashlib
import hmac
from collections.abc import Iterable

from backend.errors import MissingKeyError, UnknownKeyError

LOCAL_OWNER = "local"
"""Whose everything is while there are no keys."""


class ApiKeys:
    """The keys that let a client in; only their digests are kept.

    Args:
        keys: none: everybody may come in.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = [_digest(key) for key in keys]

    def owner_of(self, key: str | None) -> str:
        """Return whose a request is; the same key is always the same owner.

        Args:
            key: what came with the request.

        Raises:
            MissingKeyError: a key is needed, and none came.
            UnknownKeyError: the key is not one of ours.
        """
        if not self._digests:
            return LOCAL_OWNER
        if not key:
            raise MissingKeyError("Send a key as `Authorization: Bearer …`.")
        digest = _digest(key)
        # each is compared to its end: the time taken tells nothing of how near a guess was
        if not sum(hmac.compare_digest(digest, ours) for ours in self._digests):
            raise UnknownKeyError("The key is not valid.")
        return f"key-{digest[:32]}"


def _digest(key: str) -> str:
    return hashlib.sha256(b"speech_transcription\n" + key.encode()).hexdigest()
