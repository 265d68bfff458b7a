"""Transcripts as files; the jobs are made by hand, since a text needs a model."""

import io
import weakref
import zipfile
from datetime import UTC, datetime

import pytest

from backend import dependencies
from backend.api_keys import LOCAL_OWNER
from backend.errors import JobNotFoundError
from backend.export import render
from contracts.exports import MAX_EXPORTED_TRANSCRIPTS, ExportFormat
from contracts.jobs import FileInfo, Job, JobStatus
from contracts.notes import Note
from contracts.options import TranscribeOptions
from transcripts import conversation, segment, transcript

pytestmark = pytest.mark.whole_app

TALK = transcript(segment("Доброе утро.", 0.5, 2))


class Jobs:
    """Stands for the jobs of one owner."""

    def __init__(self, *jobs: Job, owner: str = LOCAL_OWNER) -> None:
        self._jobs = {job.id: job for job in jobs}
        self._owner = owner

    async def get(self, job_id: str, owner: str) -> Job:
        if owner != self._owner or job_id not in self._jobs:
            raise JobNotFoundError("No such job.")
        return self._jobs[job_id]


class NoNotes:
    """Stands for the notes of one owner, who has written none."""

    async def list(self, job_id: str, owner: str) -> list[Note]:
        assert job_id
        assert owner
        return []


def use(app, jobs: Jobs) -> None:
    app.dependency_overrides[dependencies._jobs] = lambda: jobs
    app.dependency_overrides[dependencies._notes] = NoNotes


def job(
    status: JobStatus = JobStatus.COMPLETED,
    *,
    has_result: bool = True,
    name: str = 'Утро "1"; 50%.mp3',
    job_id: str = "1",
) -> Job:
    file = FileInfo(
        name=name, size_bytes=1, sha256="", container="", codec="", sample_rate=1, channels=1
    )
    return Job(
        id=job_id,
        status=status,
        created_at=datetime.now(UTC),
        file=file,
        options=TranscribeOptions(),
        result=TALK if has_result else None,
    )


async def export(app, client, one: Job, kind: str):
    use(app, Jobs(one))
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


async def test_names_of_speakers_are_in_the_language_of_the_request_and_can_be_left_out(
    app, client
) -> None:
    said = conversation(("S1", "Раз."))
    spoken = job(JobStatus.COMPLETED).model_copy(update={"result": said})
    client.headers["Accept-Language"] = "en"
    assert (await export(app, client, spoken, "txt")).text == "Speaker 1: Раз.\n"
    assert (await export(app, client, spoken, "txt&speakers=false")).text == "Раз.\n"
    for choice, text in ((None, b"Speaker 1: "), (False, b"")):
        body = {"format": "txt", "ids": ["1"], "speakers": choice}
        (content,) = files_in(await export_many(app, client, Jobs(spoken), body)).values()
        assert content == text + "Раз.\n".encode()


async def test_the_whole_data_always_have_the_speakers(app, client) -> None:
    answer = await export(app, client, job(JobStatus.COMPLETED), "json&speakers=false")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/speakers"


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


async def export_many(app, client, jobs: Jobs, body: object):
    use(app, jobs)
    return await client.post("/v1/transcriptions/export", json=body)


def files_in(answer) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


async def test_every_transcript_is_in_the_zip_under_a_name_of_its_own(app, client) -> None:
    names = ["Звонок.ogg", "Звонок.mp3", "Лекция.mp3"]
    jobs = [job(name=name, job_id=str(number)) for number, name in enumerate(names)]
    body = {"format": "srt", "ids": ["0", "1", "2", "2"]}
    answer = await export_many(app, client, Jobs(*jobs), body)
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="transcripts.zip"' in answer.headers["content-disposition"]
    text = render(jobs[0], ExportFormat.SRT)
    assert files_in(answer) == dict.fromkeys(["Звонок.srt", "Звонок (2).srt", "Лекция.srt"], text)


async def test_a_job_without_a_transcript_does_not_keep_the_others_back(app, client) -> None:
    running = job(JobStatus.RUNNING, job_id="running")
    silent = job(JobStatus.FAILED, has_result=False, job_id="failed")
    body = {"format": "txt", "ids": ["gone", "../x", "running", "failed", "1"]}
    answer = await export_many(app, client, Jobs(running, silent, job(name="Утро.mp3")), body)
    assert list(files_in(answer)) == ["Утро.txt"]


@pytest.mark.parametrize("owner", [LOCAL_OWNER, "another"])
async def test_nobody_gets_the_transcripts_of_another_owner(app, client, owner: str) -> None:
    body = {"format": "txt", "ids": ["1"]}
    answer = await export_many(app, client, Jobs(job(), owner=owner), body)
    assert answer.status_code == (200 if owner == LOCAL_OWNER else 404)


async def test_without_any_transcript_there_is_no_zip(app, client) -> None:
    answer = await export_many(app, client, Jobs(), {"format": "txt", "ids": ["gone"]})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"format": "exe", "ids": ["1"]}, "/format"),
        ({"format": "txt", "ids": []}, "/ids"),
        ({"format": "json", "ids": ["1"], "speakers": False}, "/speakers"),
        ({"format": "txt", "ids": ["1"], "more": 1}, "/more"),
        ({"format": "txt", "ids": ["1"] * (MAX_EXPORTED_TRANSCRIPTS + 1)}, "/ids"),
    ],
    ids=["format", "none", "speakers", "extra", "many"],
)
async def test_a_wrong_field_of_the_request_is_pointed_at(app, client, body, pointer) -> None:
    answer = await export_many(app, client, Jobs(job()), body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_request_of_any_size_is_not_read_to_its_end(app, client) -> None:
    body = {"format": "txt", "ids": ["x" * 2**20]}
    assert (await export_many(app, client, Jobs(job()), body)).status_code == 413


async def test_only_one_transcript_is_in_memory_at_a_time(app, client) -> None:
    """Else the memory of the backend would grow with the number of transcripts."""
    alive: list[weakref.ref[Job]] = []
    most = 0

    class Counted(Jobs):
        async def get(self, job_id: str, owner: str) -> Job:
            nonlocal most
            fresh = (await super().get("1", owner)).model_copy(deep=True)
            alive.append(weakref.ref(fresh))
            most = max(most, sum(one() is not None for one in alive))
            return fresh

    body = {"format": "txt", "ids": [str(number) for number in range(20)]}
    answer = await export_many(app, client, Counted(job()), body)
    assert len(files_in(answer)) == 20
    assert most <= 3
