"""The quota of an owner's uploads that no transcription has used."""

from collections.abc import Collection
from dataclasses import dataclass

from backend.errors import TooLargeError, UploadQuotaError

RETRY_AFTER_S = 60


@dataclass(frozen=True)
class UploadQuota:
    """Limits of one owner."""

    max_uploads: int
    max_bytes: int

    def ensure_allows(self, sizes: Collection[int], n_bytes: int) -> None:
        """Check that an owner may have another upload.

        Args:
            sizes: bytes of each of the owner's uploads.
            n_bytes: of the new one.

        Raises:
            TooLargeError: it alone exceeds the quota.
            UploadQuotaError: all together exceed it.
        """
        if n_bytes > self.max_bytes:
            raise TooLargeError(f"All uploads together may have up to {self.max_bytes} bytes.")
        if len(sizes) >= self.max_uploads or sum(sizes) + n_bytes > self.max_bytes:
            raise UploadQuotaError(
                f"There are {len(sizes)} uploads of {sum(sizes)} bytes that no transcription has "
                f"used; the limit is {self.max_uploads} with {self.max_bytes} bytes. Transcribe or "
                "delete some, or wait until they expire.",
                retry_after_s=RETRY_AFTER_S,
            )
