"""If these fail, a recording is refused or lost on arrival, or a known one is decoded again."""

import hashlib

import numpy as np
import pytest

from audio_files import write_wav
from backend.errors import LlmNotReadyError, QueueFullError, TooLongError, UnsupportedMediaError
from backend.jobs.submission import JobSubmission
from backend.media_decoder import MediaDecoder
from backend.storage.disk import Disk
from backend.storage.files import StoredFile
from contracts.jobs import Job, JobStatus
from contracts.options import Task, TranscribeOptions
from servicekit.errors import UnknownModelError, UnsupportedOptionError
from unit.backend.stand_in_llm import OTHER_MODEL, RUSSIAN_ONLY, model_info
from unit.backend.stand_ins import Components, chunk_texts
from unit.backend.storage.database.recorded import MODEL, NOON, OWNER

OPTIONS = TranscribeOptions()


def submission(
    components: Components, *, max_queued: int = 10, max_duration_s: float = 60.0
) -> JobSubmission:
    return JobSubmission(
        jobs=components.stores.jobs,
        waiting=components.stores.waiting,
        usage=components.stores.usage,
        duplicates=components.stores.duplicates,
        glossaries=components.stores.glossaries,
        blobs=components.blobs,
        work=components.work,
        llm=components.llm,
        decoder=MediaDecoder(Disk(components.folder, 0), max_duration_s),
        queue=components.queue,
        deduplicator=components.deduplicator,
        max_queued=max_queued,
    )


def received(components: Components, content: bytes | None = None) -> StoredFile:
    """Return a received file, by default one second of silence."""
    path = components.work.path_for_new_file()
    if content is None:
        write_wav(path, [np.zeros(16_000, np.float32)])
    else:
        path.write_bytes(content)
    data = path.read_bytes()
    return StoredFile(path, "Утро.wav", len(data), hashlib.sha256(data).hexdigest())


async def transcribe(components: Components, job: Job) -> None:
    assert await components.workflow().run(await components.begin(job.id))
    await components.stores.runs.finish(job.id, JobStatus.COMPLETED, finished_at=NOON)


async def test_a_recording_is_stored_and_queued(components: Components) -> None:
    recording = received(components)
    job = await submission(components).submit(recording, OPTIONS, OWNER)
    assert components.queue.submitted == [job.id]
    assert (job.file.name, job.file.duration_s, job.queue_position) == ("Утро.wav", 1.0, 1)
    blob = await components.stores.jobs.blob(job.id)
    assert blob is not None
    assert hashlib.sha256(components.path(blob).read_bytes()).hexdigest() == recording.sha256
    assert not recording.path.exists()


async def test_no_more_recordings_are_queued_than_may_wait(components: Components) -> None:
    """Those that are being submitted count too: else several at once would exceed the limit."""
    submits = submission(components, max_queued=2)
    await components.add_job()
    async with submits.place(OWNER):
        with pytest.raises(QueueFullError) as refusal:
            async with submits.place(OWNER):
                pytest.fail("there was no place")
        assert refusal.value.headers["Retry-After"] == "30"
    with pytest.raises(ZeroDivisionError):
        async with submits.place(OWNER):
            raise ZeroDivisionError  # a recording that is refused frees its place
    async with submits.place(OWNER):
        pass


async def test_one_owner_leaves_places_to_the_others(components: Components) -> None:
    submits = submission(components, max_queued=1)
    await components.add_job(owner="greedy")
    with pytest.raises(QueueFullError):
        await submits.ensure_place("greedy")
    await submits.ensure_place(OWNER)
    await submits.accept(received(components), OPTIONS, OWNER)


async def test_a_recording_is_removed_if_the_queue_has_filled_up_meanwhile(
    components: Components,
) -> None:
    """Otherwise recordings that were refused fill the disk."""
    await components.add_job()
    recording = received(components)
    with pytest.raises(QueueFullError):
        await submission(components, max_queued=1).accept(recording, OPTIONS, OWNER)
    assert not recording.path.exists()


async def test_running_jobs_take_no_place(components: Components) -> None:
    await components.new_run()
    async with submission(components, max_queued=1).place(OWNER):
        pass


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (OPTIONS, []),
        (TranscribeOptions(prompt="Лев", beam_size=5), ["/prompt", "/beam_size"]),
        (TranscribeOptions(language="de", task=Task.TRANSLATE), ["/language", "/task"]),
    ],
)
async def test_options_that_the_model_cannot_follow_are_refused(
    components: Components, options: TranscribeOptions, named: list[str]
) -> None:
    """Else a user would wait for a translation that never comes."""
    components.llm.can = RUSSIAN_ONLY
    recording = received(components)
    if not named:
        await submission(components).submit(recording, options, OWNER)
        return
    with pytest.raises(UnsupportedOptionError) as refusal:
        await submission(components).submit(recording, options, OWNER)
    problem = refusal.value.to_problem()
    assert (problem.status, [field.pointer for field in problem.errors or []]) == (422, named)
    assert not recording.path.exists()


async def test_a_model_that_is_not_there_is_refused_with_the_list(components: Components) -> None:
    components.llm.others = [model_info(OTHER_MODEL, ["de"])]
    recording = received(components)
    with pytest.raises(UnknownModelError) as refusal:
        await submission(components).submit(recording, TranscribeOptions(model="none"), OWNER)
    problem = refusal.value.to_problem()
    assert problem.status == 404
    assert problem.detail == f"There is no model 'none', only: {MODEL.name}, {OTHER_MODEL.name}."
    assert not recording.path.exists()


@pytest.mark.parametrize(
    ("options", "is_refused"),
    [
        (TranscribeOptions(language="ru", beam_size=5), True),
        (TranscribeOptions(language="auto", beam_size=5), True),
        (TranscribeOptions(language="de", beam_size=5), False),
        (TranscribeOptions(language="ru", beam_size=5, model=MODEL.name), False),
    ],
)
async def test_the_options_have_to_suit_the_model_that_is_chosen(
    components: Components, options: TranscribeOptions, is_refused: bool
) -> None:
    components.llm.others = [model_info(OTHER_MODEL, ["ru"], RUSSIAN_ONLY)]
    if not is_refused:
        await submission(components).submit(received(components), options, OWNER)
        return
    with pytest.raises(UnsupportedOptionError):
        await submission(components).submit(received(components), options, OWNER)


@pytest.mark.parametrize(
    ("content", "max_duration_s", "error"),
    [(b"no media", 60.0, UnsupportedMediaError), (None, 0.5, TooLongError)],
)
async def test_a_refused_recording_leaves_neither_file_nor_job(
    components: Components, content: bytes | None, max_duration_s: float, error
) -> None:
    recording = received(components, content)
    with pytest.raises(error):
        await submission(components, max_duration_s=max_duration_s).submit(
            recording, OPTIONS, OWNER
        )
    assert not recording.path.exists()
    assert await components.stores.waiting.n_waiting(OWNER) == 0


async def test_a_recording_that_cannot_be_recorded_leaves_no_blob(
    components: Components, monkeypatch
) -> None:
    """Else a full disk would stay full after each refused upload."""

    async def fail(*_: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(components.stores.jobs, "add", fail)
    with pytest.raises(OSError, match="no space"):
        await submission(components).submit(received(components), OPTIONS, OWNER)
    assert [path for path in (components.folder / "blobs").rglob("*") if path.is_file()] == []


async def test_a_known_recording_is_complete_before_it_is_decoded(
    components: Components,
) -> None:
    """Else sending a file twice would make its user wait twice."""
    submits = submission(components)
    first = await submits.submit(received(components), OPTIONS, OWNER)
    await transcribe(components, first)
    again = await submits.submit(received(components), OPTIONS, OWNER)
    assert (again.status, again.cached) == (JobStatus.COMPLETED, True)
    assert await components.texts(again.id) == chunk_texts(range(3))
    assert components.queue.submitted == [first.id]
    blobs = [await components.stores.jobs.blob(job.id) or "" for job in (first, again)]
    files = [components.path(blob) for blob in blobs]
    assert files[0].samefile(files[1])  # the disk holds it once
    await components.blobs.remove(blobs[0])
    assert files[1].exists()


async def test_a_recording_that_is_being_transcribed_waits_for_that(
    components: Components,
) -> None:
    submits = submission(components)
    first = await submits.submit(received(components), OPTIONS, OWNER)
    assert await components.workflow().run(await components.begin(first.id))
    again = await submits.submit(received(components), OPTIONS, OWNER)
    assert not again.status.is_final
    assert components.queue.submitted == [first.id]
    assert await components.stores.duplicates.primary_of(again.id) == first.id


@pytest.mark.parametrize("reason", ["forced", "another owner", "llm is down"])
async def test_a_known_recording_is_queued_all_the_same(
    components: Components, reason: str
) -> None:
    submits = submission(components)
    await transcribe(components, await submits.submit(received(components), OPTIONS, OWNER))
    options = TranscribeOptions(force=reason == "forced")
    owner = "another" if reason == "another owner" else OWNER
    if reason == "llm is down":
        components.llm.serving_error = LlmNotReadyError("The speech model is not ready yet.")
    again = await submits.submit(received(components), options, owner)
    assert again.status is JobStatus.QUEUED
    assert components.queue.submitted[-1] == again.id
