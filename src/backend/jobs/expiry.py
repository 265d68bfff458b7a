"""Delete jobs and recordings after their retention time."""

from datetime import UTC, datetime, timedelta

import structlog

from backend.errors import JobNotFoundError
from backend.jobs.service import JobService
from backend.settings import BackendSettings
from backend.storage.blobs import BlobStore, remove_orphans
from backend.storage.database import RetentionStore

log = structlog.get_logger()


class Expiry:
    """Applies `RETENTION_DAYS` and `AUDIO_RETENTION_DAYS`; runs in every process."""

    def __init__(
        self,
        settings: BackendSettings,
        service: JobService,
        retention: RetentionStore,
        blobs: BlobStore,
    ) -> None:
        self._settings = settings
        self._service = service
        self._retention = retention
        self._blobs = blobs

    async def expire(self) -> None:
        """Delete what is older than its retention time, and recordings without a job."""
        now = datetime.now(UTC)
        if days := self._settings.retention_days:
            for job_id in await self._retention.expired(now - timedelta(days)):
                await self._delete_job(job_id)
        if days := self._settings.audio_retention_days:
            for job_id in await self._retention.audio_expired(now - timedelta(days)):
                await self._delete_audio(job_id)
        await remove_orphans(self._blobs, self._retention.refers_to)

    async def _delete_job(self, job_id: str) -> None:
        try:
            if await self._service.delete_ended(job_id):
                log.info("job_expired", job_id=job_id)
        except JobNotFoundError:  # another process deleted it first
            return

    async def _delete_audio(self, job_id: str) -> None:
        try:
            blob = await self._retention.drop_audio(job_id)
        except JobNotFoundError:
            return
        await self._blobs.remove(blob)
        log.info("audio_expired", job_id=job_id)
