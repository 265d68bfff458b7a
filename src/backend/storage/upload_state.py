"""What is known of an upload: what its client announced, and what has arrived."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from backend.errors import BadRequestError, WrongStateError
from backend.storage.checksum import Checksum

PARTIAL = "partial"
"""Value of `Upload-Concat` for a part of a file."""


class Announcement(BaseModel):
    """Describes a file before the client sends it.

    Attributes:
        length: of the file, in bytes; None until the client knows it.
        owner: the only one who may use the upload.
        name: the client's file name.
        metadata: the request's `Upload-Metadata` header, returned unchanged.
        concat: the request's `Upload-Concat` header, returned unchanged; `PARTIAL` for a part.
        parts: ids of the partial uploads of which a final one consists.
        traceparent: the trace of the request that announced it.
    """

    length: int | None
    owner: str
    name: str | None = None
    metadata: str | None = None
    concat: str | None = None
    parts: list[str] = []
    traceparent: str = ""


@dataclass(frozen=True)
class UploadPiece:
    """Bytes of an upload that one request sends.

    Attributes:
        offset: the position at which they begin.
        n_bytes: how many bytes the client announced, 0 if unknown.
        parts: the bytes; may raise when the client disconnects.
        length: of the whole file, if the client announces it only now.
        checksum: of the bytes; without one, bytes received before a failure stay stored.
    """

    offset: int
    n_bytes: int
    parts: AsyncIterator[bytes]
    length: int | None = None
    checksum: Checksum | None = None

    def verified_parts(self) -> AsyncIterator[bytes]:
        """Return the bytes; ChecksumMismatchError at their end, if they have another checksum."""
        return self.checksum.verified(self.parts) if self.checksum else self.parts


@dataclass(frozen=True)
class Upload:
    """State of an upload.

    Attributes:
        offset: bytes received.
    """

    id: str
    announcement: Announcement
    offset: int
    expires_at: datetime

    @property
    def name(self) -> str | None:
        """The file's name, as the client sent it."""
        return self.announcement.name

    @property
    def length(self) -> int | None:
        """Bytes of the whole file; None until the client announces them."""
        return self.announcement.length

    @property
    def is_partial(self) -> bool:
        """Whether it is a part of a file."""
        return self.announcement.concat == PARTIAL

    def ensure_whole(self) -> None:
        """Raise WrongStateError unless all bytes of a whole file were received."""
        if self.is_partial:
            raise WrongStateError("This upload is a part of a file: concatenate its parts first.")
        self._ensure_finished()

    def ensure_finished_part(self) -> None:
        """Check that it can be concatenated.

        Raises:
            BadRequestError: it is not a partial upload.
            WrongStateError: bytes are missing.
        """
        if not self.is_partial:
            raise BadRequestError("Only partial uploads can be concatenated.")
        self._ensure_finished()

    def _ensure_finished(self) -> None:
        if self.length is None:
            raise WrongStateError(
                f"{self.offset} bytes were received; the file's length is not announced yet."
            )
        if self.offset < self.length:
            raise WrongStateError(f"Only {self.offset} of {self.length} bytes were received.")
