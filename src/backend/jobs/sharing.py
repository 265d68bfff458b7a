"""Share a transcript by a link that needs no key."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from backend.errors import AudioNotFoundError, JobNotFoundError
from backend.jobs.service import JobService
from backend.storage.blobs import Blob
from backend.storage.database import ShareStore
from contracts.jobs import FileInfo
from contracts.sharing import (
    NewShareLink,
    SharedSegment,
    SharedTranscript,
    ShareLink,
)

_TOKEN_BYTES = 32
"""Random bytes of a token: nobody guesses one of 2^256."""


class Sharing:
    """The links of all owners.

    Args:
        is_enabled: else there are no links, and none can be made.
    """

    def __init__(self, shares: ShareStore, jobs: JobService, *, is_enabled: bool) -> None:
        self._shares = shares
        self._jobs = jobs
        self._is_enabled = is_enabled

    async def create(self, job_id: str, owner: str, expires_in_days: int) -> NewShareLink:
        """Make a link; its token is returned here only.

        Raises:
            JobNotFoundError: no job of that owner has the id, or sharing is off.
            WrongStateError: the job has too many links.
        """
        self._ensure_enabled()
        token, now = secrets.token_urlsafe(_TOKEN_BYTES), datetime.now(UTC)
        expires_at = now + timedelta(days=expires_in_days)
        link = await self._shares.add(job_id, owner, _digest(token), now=now, expires_at=expires_at)
        return NewShareLink(token=token, **dict(link))

    async def links(self, job_id: str, owner: str) -> list[ShareLink]:
        """Return a job's valid links, or raise JobNotFoundError."""
        self._ensure_enabled()
        return await self._shares.list(job_id, owner, datetime.now(UTC))

    async def revoke(self, job_id: str, owner: str, link_id: int) -> None:
        """Revoke a link, or raise JobNotFoundError."""
        self._ensure_enabled()
        await self._shares.remove(job_id, owner, link_id)

    async def transcript(self, token: str) -> tuple[str, SharedTranscript]:
        """Return the id of a job and what a link to it shows.

        Raises: JobNotFoundError: the link does not exist, was revoked or has expired.
        """
        job_id, owner, expires_at = await self._find(token)
        job = await self._jobs.get(job_id, owner)
        result = job.result
        shown = SharedTranscript(
            name=job.title or job.file.name,
            language=result.language if result else None,
            duration_s=job.file.duration_s,
            has_audio=await self._has_audio(job_id, owner),
            expires_at=expires_at,
            speakers=[each.without_suggestion() for each in (result.speakers if result else [])],
            segments=[
                SharedSegment(start=each.start, end=each.end, text=each.text, speaker=each.speaker)
                for each in (result.segments if result else [])
            ],
        )
        return job_id, shown

    async def audio(self, token: str) -> tuple[str, FileInfo, Blob]:
        """Return the id of a job, the properties of its shared recording and its blob.

        Raises:
            JobNotFoundError: the link does not exist, was revoked or has expired.
            AudioNotFoundError: the recording was deleted.
        """
        job_id, owner, _ = await self._find(token)
        return job_id, *await self._jobs.audio(job_id, owner)

    async def _has_audio(self, job_id: str, owner: str) -> bool:
        try:
            await self._jobs.audio(job_id, owner)
        except AudioNotFoundError:
            return False
        return True

    async def _find(self, token: str) -> tuple[str, str, datetime]:
        self._ensure_enabled()
        return await self._shares.find(_digest(token), datetime.now(UTC))

    def _ensure_enabled(self) -> None:
        if not self._is_enabled:
            raise JobNotFoundError("Sharing is off: see SHARE_LINKS.")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
