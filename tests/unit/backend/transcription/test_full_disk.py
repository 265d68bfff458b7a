"""If this fails, a full disk fails the jobs that wait instead of delaying them."""

from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry

from audio_files import tone, write_wav
from backend.errors import DiskFullError
from backend.media_decoder import MediaDecoder
from backend.metrics import JobMetrics
from backend.notifications import JobNotifier
from backend.storage.blobs import FolderBlobs
from backend.storage.database import Database, Stores
from backend.storage.disk import Disk
from backend.storage.work_folder import WorkFolder
from backend.transcription.context import JobContext
from backend.transcription.preparation import Preparation
from backend.transcription.stages import JobStages
from unit.backend.stand_in_llm import StandInLlm
from unit.backend.storage.database.recorded import NOON, OWNER, queued


class FillingDisk(Disk):
    """A disk that is full at the first checks."""

    n_full = 2

    def ensure_free(self, n_bytes: int) -> None:
        if self.n_full:
            self.n_full -= 1
            raise DiskFullError("The disk is full.")
        super().ensure_free(n_bytes)


async def test_decoding_waits_until_there_is_space(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path / 'test.db'}")
    stores = Stores(database)
    blob = write_wav(tmp_path / "a.wav", [tone(1)]).name
    started = await stores.runs.begin(await queued(stores, OWNER, blob), NOON)
    assert started
    disk = FillingDisk(tmp_path, 0)
    work = WorkFolder(tmp_path / "work", disk, max_bytes=10**6)
    stages = JobStages(stores.runs, JobNotifier(), JobMetrics(CollectorRegistry()))
    with work.owned():
        preparation = Preparation(
            blobs=FolderBlobs(tmp_path),
            decoder=MediaDecoder(disk, max_duration_s=60),
            work=work,
            runs=stores.runs,
            stages=stages,
            llm=StandInLlm(),
        )
        plan = await preparation.prepare(
            JobContext(started.job, OWNER, blob, queued_at=datetime.now(UTC))
        )
    assert plan.duration_s == 1
    assert disk.n_full == 0
    database.close()
