"""If this fails, a backup of PostgreSQL and object storage cannot replace a lost installation."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from contracts.jobs import Job, JobStatus
from integration.postgres_server import PostgresServer, running_postgres
from integration.s3_server import S3Server, running_s3
from integration.test_durable_jobs import ended, job_at
from integration.test_rolling_upgrade import assert_has_each_chunk_once
from integration.test_shared_queue import create, llm, recording, reset_llm, sent
from testbed.instant_llm import StandInLlm
from testbed.services import REPOSITORY, Service, running_service

__all__ = ["llm", "reset_llm"]

pytestmark = pytest.mark.slow

TIMEOUT_S = 120
N_SENTENCES = 6
WITHOUT_VOICES = [f"--exclude-table-data={table}" for table in ("voices", "voice_suggestions")]


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with running_s3() as server:
        yield server


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


class Installation:
    """A database, a bucket and a data folder, all of them empty at first."""

    def __init__(
        self, folder: Path, llm: StandInLlm, postgres: PostgresServer, s3: S3Server
    ) -> None:
        self.folder = create(folder)
        self.database_url = postgres.new_database()
        self.bucket = s3.new_bucket()
        self._environment = {
            "DATABASE_URL": self.database_url,
            "BLOB_STORE_URL": self.bucket,
            "HEARTBEAT_S": "1",
            "HEARTBEAT_TIMEOUT_S": "8",
            "MAX_RUNNING_JOBS": "1",
            "LLM_URL": f"http://127.0.0.1:{llm.port}",
            "LLM_CONCURRENCY": "1",
            **s3.environment,
        }

    @contextmanager
    def backend(self) -> Iterator[Service]:
        with running_service("backend", self.folder, **self._environment) as backend:
            yield backend

    def copy_recordings(self, source: str, target: str) -> subprocess.CompletedProcess[str]:
        """Run `make migrate_storage`."""
        no_docker = self.folder / "bin" / "docker"
        no_docker.parent.mkdir(exist_ok=True)
        no_docker.write_text("#!/bin/sh\nexit 1\n")
        no_docker.chmod(0o755)
        inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
        return subprocess.run(
            ["make", "--no-print-directory", "migrate_storage", f"FROM={source}", f"TO={target}"],
            cwd=REPOSITORY,
            env=inherited
            | self._environment
            | {
                "DATA_DIR": str(self.folder / "data"),
                "PATH": f"{no_docker.parent}:{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            check=False,
        )


def corrected(backend: Service, location: str) -> Job:
    """Correct the first segment of a completed job."""
    ended(backend, location)
    first = f"{backend.url}{location}/segments/0"
    httpx.patch(first, json={"text": "исправлено"}, timeout=TIMEOUT_S).raise_for_status()
    job = job_at(backend, location)
    assert job
    return job


def assert_plays(backend: Service, location: str, content: bytes) -> None:
    answer = httpx.get(
        f"{backend.url}{location}/audio", headers={"Range": "bytes=100-299"}, timeout=TIMEOUT_S
    )
    assert (answer.status_code, answer.content) == (206, content[100:300])


def test_a_backup_made_while_jobs_run_is_restored_elsewhere(
    llm: StandInLlm, postgres: PostgresServer, s3: S3Server, tmp_path: Path
) -> None:
    """As docs/OPERATIONS.md says; one job is created and one deleted while the backup is made."""
    lost = Installation(tmp_path / "lost", llm, postgres, s3)
    new = Installation(tmp_path / "new", llm, postgres, s3)
    dump, copies = tmp_path / "database.dump", f"file:{tmp_path / 'recordings'}"
    with lost.backend() as backend:
        llm.delay_s = 0.0
        kept, deleted = sent(backend, 0, 2), sent(backend, 2, 2)
        ended(backend, deleted)
        corrected_job = corrected(backend, kept)
        llm.answered.clear()
        llm.delay_s = 1.0
        interrupted, waiting = (sent(backend, first, N_SENTENCES) for first in (6, 12))
        while (job := job_at(backend, interrupted)) is None or job.progress.chunks_done < 2:
            time.sleep(0.05)
        done_before = set(llm.answered)
        llm.delay_s = 3600.0
        postgres.run(
            "pg_dump", "--format=custom", *WITHOUT_VOICES, f"--file={dump}", lost.database_url
        )
        too_late = sent(backend, 18, 2)
        httpx.delete(f"{backend.url}{deleted}", timeout=TIMEOUT_S).raise_for_status()
        backed_up = lost.copy_recordings(lost.bucket, copies)
        assert backed_up.returncode == 0, backed_up.stderr
        states = [job_at(backend, each) for each in (interrupted, waiting)]
        assert [job and job.status for job in states] == [JobStatus.RUNNING, JobStatus.QUEUED]
        assert backend.process
        backend.process.kill()
        backend.process.wait()
    llm.answered.clear()
    llm.delay_s = 0.0
    postgres.run(
        "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={new.database_url}", str(dump)
    )
    restored = new.copy_recordings(copies, new.bucket)
    assert restored.returncode != 0
    assert restored.stderr.count("is not in the store to copy from") == 1, restored.stderr
    with new.backend() as backend:
        for location, first in ((interrupted, 6), (waiting, 12)):
            assert_has_each_chunk_once(ended(backend, location))
            assert_plays(backend, location, recording(first, N_SENTENCES).read_bytes())
        assert job_at(backend, kept) == corrected_job
        assert_plays(backend, kept, recording(0, 2).read_bytes())
        without_recording = job_at(backend, deleted)
        assert without_recording
        assert without_recording.result
        assert httpx.get(f"{backend.url}{deleted}/audio", timeout=TIMEOUT_S).status_code == 404
        assert httpx.get(f"{backend.url}{too_late}", timeout=TIMEOUT_S).status_code == 404
        assert ended(backend, sent(backend, 18, 2)).status is JobStatus.COMPLETED
    assert len(done_before & {*llm.answered}) <= 1, "what the dump has is not transcribed again"
