"""Verifies the bytes of a request against the checksum that its client announced."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from backend.errors import ChecksumMismatchError

ALGORITHMS = ("sha1", "sha256", "sha512", "md5")
"""Names in tus and in `hashlib`."""


@dataclass(frozen=True)
class Checksum:
    """The checksum of some bytes.

    Attributes:
        algorithm: one of `ALGORITHMS`.
    """

    algorithm: str
    digest: bytes

    async def verified(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield the bytes unchanged.

        Raises: ChecksumMismatchError: after the last byte, if they have another checksum.
        """
        found = hashlib.new(self.algorithm, usedforsecurity=False)
        async for part in parts:
            found.update(part)
            yield part
        if found.digest() != self.digest:
            raise ChecksumMismatchError(
                f"The {self.algorithm} checksum of the bytes received is another one; "
                "they were discarded."
            )
