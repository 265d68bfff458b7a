"""Jobs made by hand, to be exported."""

from datetime import UTC, datetime

from contracts.jobs import FileInfo, Job, JobStatus
from contracts.options import TranscribeOptions
from contracts.transcription import Transcript


def job_of(transcript: Transcript | None, name: str = "Утро.mp3") -> Job:
    return Job(
        id="1",
        status=JobStatus.COMPLETED,
        created_at=datetime(2025, 3, 1, 12, tzinfo=UTC),
        file=FileInfo(
            name=name, size_bytes=1, sha256="", container="", codec="", sample_rate=1, channels=1
        ),
        options=TranscribeOptions(),
        result=transcript,
    )
