"""Transcripts as files; the jobs are made by hand, since a text needs a model."""

from datetime import UTC, datetime

import pytest

from backend import dependencies
from backend.export import render
from contracts.exports import ExportFormat
from contracts.jobs import FileInfo, Job, JobStatus
from contracts.transcription import TranscribeOptions
from transcripts import segment, transcript

pytestmark = pytest.mark.whole_app

TALK = transcript(segment("Доброе утро.", 0.5, 2))


class OneJob:
    """Stands for the jobs: whatever is asked for, it is this one."""

    def __init__(self, job: Job) -> None:
        self._job = job

    async def get(self, job_id: str, owner: str) -> Job:
        return self._job.model_copy(update={"id": job_id})


def job(status: JobStatus, *, has_result: bool = True, name: str = 'Утро "1"; 50%.mp3') -> Job:
    file = FileInfo(
        name=name, size_bytes=1, sha256="", container="", codec="", sample_rate=1, channels=1
    )
    return Job(
        id="1",
        status=status,
        created_at=datetime.now(UTC),
        file=file,
        options=TranscribeOptions(),
        result=TALK if has_result else None,
    )


async def export(app, client, one: Job, kind: str):
    app.dependency_overrides[dependencies._jobs] = lambda: OneJob(one)
    return await client.get(f"/v1/transcriptions/1/export?format={kind}")


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("txt", "text/plain; charset=utf-8"),
        ("srt", "application/x-subrip; charset=utf-8"),
        ("vtt", "text/vtt; charset=utf-8"),
        ("json", "application/json"),
    ],
)
async def test_a_file_has_its_media_type_and_the_recordings_name(
    app, client, kind, media_type
) -> None:
    finished = job(JobStatus.COMPLETED)
    answer = await export(app, client, finished, kind)
    assert answer.status_code == 200
    assert answer.content == render(finished, ExportFormat(kind))
    assert answer.headers["content-type"] == media_type
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="Utro _1_; 50_.{kind}"; '
        f"filename*=UTF-8''%D0%A3%D1%82%D1%80%D0%BE%20%221%22%3B%2050%25.{kind}"
    )


@pytest.mark.parametrize(
    ("timestamps", "text"), [("true", "[0:00:00] Доброе утро.\n"), ("false", "Доброе утро.\n")]
)
async def test_a_text_comes_with_times_or_without(app, client, timestamps, text) -> None:
    kind = f"txt&timestamps={timestamps}"
    assert (await export(app, client, job(JobStatus.COMPLETED), kind)).text == text


@pytest.mark.parametrize("kind", ["srt", "vtt", "tsv", "json"])
@pytest.mark.parametrize("timestamps", ["true", "false"])
async def test_a_choice_that_the_format_does_not_leave_is_pointed_at(
    app, client, kind, timestamps
) -> None:
    """Ignored, it would be a misunderstanding: a file without the times that were asked away."""
    wanted = f"{kind}&timestamps={timestamps}"
    answer = await export(app, client, job(JobStatus.COMPLETED), wanted)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/timestamps"


async def test_a_file_is_named_as_its_owner_calls_the_job(app, client) -> None:
    titled = job(JobStatus.COMPLETED).model_copy(update={"title": "Итоги 5/6. Черновик"})
    header = (await export(app, client, titled, "txt")).headers["content-disposition"]
    assert 'filename="Itogi 5_6. Chernovik.txt"' in header


@pytest.mark.parametrize("status", [JobStatus.FAILED, JobStatus.CANCELLED])
async def test_what_was_recognised_before_a_failure_can_be_had(app, client, status) -> None:
    assert (await export(app, client, job(status), "txt")).text == "Доброе утро.\n"


@pytest.mark.parametrize(
    ("status", "has_result"),
    [
        (JobStatus.QUEUED, False),
        (JobStatus.RUNNING, False),
        (JobStatus.RUNNING, True),
        (JobStatus.FAILED, False),
    ],
)
async def test_half_a_transcript_is_not_given_for_a_whole_one(
    app, client, status, has_result
) -> None:
    answer = await export(app, client, job(status, has_result=has_result), "txt")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-state")


@pytest.mark.parametrize("kind", ["docx2", ""])
async def test_an_unknown_format_is_pointed_at(app, client, kind) -> None:
    answer = await export(app, client, job(JobStatus.COMPLETED), kind)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/format"
