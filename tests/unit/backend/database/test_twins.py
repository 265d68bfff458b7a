"""The same recording is transcribed once: jobs that find, join and copy each other."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from backend.errors import JobNotFoundError
from backend.storage.database import HistoryStore, ResultKey, TranscriptionStore, Twin
from contracts.jobs import JobStatus
from unit.backend.database.recorded import (
    KEY,
    MODEL,
    NOON,
    OWNER,
    chunk_result,
    completed,
    queued,
    running,
    segment,
    segments,
)

OTHER_MODEL = MODEL.model_copy(update={"revision": "2"})
LATER = NOON + timedelta(seconds=9)


def fail(jobs: TranscriptionStore, job_id: str) -> None:
    jobs.finish(job_id, JobStatus.FAILED, finished_at=LATER)


def test_of_identical_recordings_that_come_at_once_one_is_transcribed(
    jobs: TranscriptionStore,
) -> None:
    ids = [running(jobs) for _ in range(8)]
    together = Barrier(len(ids))

    def claim(job_id: str) -> Twin | None:
        together.wait()
        return jobs.claim_result(job_id, KEY)

    with ThreadPoolExecutor(len(ids)) as threads:
        twins = dict(zip(ids, threads.map(claim, ids), strict=True))
    (maker,) = [job_id for job_id, twin in twins.items() if twin is None]
    del twins[maker]
    assert set(twins.values()) == {Twin(maker, JobStatus.RUNNING)}


def test_a_finished_result_is_copied_whole(jobs: TranscriptionStore, history: HistoryStore) -> None:
    first = completed(jobs, "раз, два", "три", key=KEY, with_words=True)
    jobs.edit_segment(first, OWNER, 1, "четыре")
    second = running(jobs, 2)
    assert jobs.claim_result(second, KEY) == Twin(first, JobStatus.COMPLETED)
    assert jobs.copy_result(first, second)
    assert jobs.copy_result(first, second)  # a step that is run again
    jobs.finish(second, JobStatus.COMPLETED, finished_at=LATER)
    original, copied = jobs.find(first), jobs.find(second)
    assert copied.result == original.result
    assert copied.result
    assert copied.result.segments[1].original_text == "три"
    assert (copied.model, copied.progress) == (original.model, original.progress)
    assert (copied.cached, original.cached) == (True, False)
    assert [job.id for job in history.page(OWNER, query="четыре").items] == [second, first]


def test_a_copy_stands_in_when_its_original_is_deleted(jobs: TranscriptionStore) -> None:
    first = completed(jobs, "раз", key=KEY)
    second, third = running(jobs), running(jobs)
    jobs.claim_result(second, KEY)
    jobs.copy_result(first, second)
    jobs.finish(second, JobStatus.COMPLETED, finished_at=LATER)
    jobs.delete(first)
    assert not jobs.copy_result(first, third)
    assert jobs.claim_result(third, KEY) == Twin(second, JobStatus.COMPLETED)


@pytest.mark.parametrize(
    "key",
    [
        replace(KEY, audio_sha256="other"),
        replace(KEY, options_key="other"),
        replace(KEY, model=OTHER_MODEL),
        replace(KEY, model=MODEL.model_copy(update={"name": "other"})),
    ],
)
def test_a_change_of_anything_that_matters_is_a_new_transcription(
    jobs: TranscriptionStore, key: ResultKey
) -> None:
    completed(jobs, "раз", key=KEY)
    assert jobs.claim_result(running(jobs), key) is None


def test_the_device_of_the_model_does_not_matter(jobs: TranscriptionStore) -> None:
    first = completed(jobs, "раз", key=KEY)
    other_device = replace(KEY, model=MODEL.model_copy(update={"device": "cuda:0"}))
    assert jobs.claim_result(running(jobs), other_device) == Twin(first, JobStatus.COMPLETED)


def test_nothing_passes_from_owner_to_owner(jobs: TranscriptionStore) -> None:
    first = completed(jobs, "раз", owner="first", key=KEY)
    second = running(jobs, owner="second")
    assert jobs.claim_result(second, KEY) is None
    assert not jobs.copy_result(first, second)


def test_when_the_maker_fails_one_of_its_followers_takes_its_place(
    jobs: TranscriptionStore,
) -> None:
    maker, second, third = (running(jobs) for _ in range(3))
    assert [jobs.claim_result(job_id, KEY) for job_id in (maker, second, third)] == [
        None,
        Twin(maker, JobStatus.RUNNING),
        Twin(maker, JobStatus.RUNNING),
    ]
    fail(jobs, maker)
    assert jobs.claim_result(third, KEY) is None
    assert jobs.claim_result(second, KEY) == Twin(third, JobStatus.RUNNING)


def test_when_the_maker_is_deleted_its_follower_goes_on_alone(jobs: TranscriptionStore) -> None:
    maker, follower = running(jobs), running(jobs)
    jobs.claim_result(maker, KEY)
    jobs.claim_result(follower, KEY)
    jobs.delete(maker)
    assert jobs.find(follower).result
    assert jobs.claim_result(follower, KEY) is None


def test_a_follower_that_was_never_decoded_gets_all_that_is_known_of_the_recording(
    jobs: TranscriptionStore,
) -> None:
    first = completed(jobs, "раз", "два", key=KEY)
    waiting = queued(jobs)
    assert jobs.known_audio(OWNER, "cc") == KEY.audio_sha256
    assert jobs.known_audio("another", "cc") is None
    assert jobs.known_audio(OWNER, "other bytes") is None
    assert jobs.claim_result(waiting, KEY) == Twin(first, JobStatus.COMPLETED)
    assert jobs.copy_result(first, waiting)
    jobs.finish(waiting, JobStatus.COMPLETED, finished_at=LATER)
    copied, original = jobs.find(waiting), jobs.find(first)
    assert copied.result == original.result
    assert copied.file == original.file


def test_a_maker_knows_its_followers_and_they_know_it(jobs: TranscriptionStore) -> None:
    maker, second, third, alone = running(jobs), queued(jobs), running(jobs), running(jobs)
    for job_id in (maker, second, third):
        jobs.claim_result(job_id, KEY)
    assert [jobs.joined_to(job_id) for job_id in (maker, second, alone)] == [None, maker, None]
    assert jobs.followers(maker) == [second, third]
    jobs.cancel(third, OWNER, LATER)
    jobs.finish(maker, JobStatus.COMPLETED, finished_at=LATER)
    assert jobs.followers(maker) == [second]
    jobs.copy_result(maker, second)
    assert jobs.followers(maker) == []
    assert jobs.followers("gone") == []
    with pytest.raises(JobNotFoundError):
        jobs.joined_to("gone")


def test_a_follower_shows_how_far_its_maker_is(
    jobs: TranscriptionStore, history: HistoryStore
) -> None:
    maker, follower = running(jobs), queued(jobs)
    jobs.claim_result(maker, KEY)
    jobs.claim_result(follower, KEY)
    jobs.append(maker, 0, chunk_result([segment(0, "раз")], done=1))
    job = jobs.find(follower)
    assert job.result
    assert job.result.text == "раз"
    assert job.result.duration_s == jobs.find(maker).progress.total_s
    assert job.progress.chunks_done == 1
    assert (job.status, job.model) == (JobStatus.QUEUED, MODEL)
    assert history.page(OWNER).items[0].progress == job.progress
    assert segments(jobs, follower) == segments(jobs, maker)
    fail(jobs, follower)
    assert jobs.find(follower).progress.chunks_done == 0


def test_a_maker_that_was_interrupted_never_joins_another(jobs: TranscriptionStore) -> None:
    maker, forced = running(jobs), running(jobs)
    assert jobs.claim_result(maker, KEY) is None
    assert jobs.claim_result(forced, KEY, force=True) is None
    assert jobs.claim_result(maker, KEY) is None


def test_what_was_done_again_by_force_is_what_is_given_from_then_on(
    jobs: TranscriptionStore,
) -> None:
    completed(jobs, "раз", key=KEY)
    again = running(jobs, 1)
    assert jobs.claim_result(again, KEY, force=True) is None
    jobs.append(again, 0, chunk_result([segment(0, "два")], done=1, total=1))
    jobs.finish(again, JobStatus.COMPLETED, finished_at=LATER)
    assert jobs.claim_result(running(jobs), KEY) == Twin(again, JobStatus.COMPLETED)


def test_a_result_made_by_two_models_is_given_to_nobody(jobs: TranscriptionStore) -> None:
    mixed = running(jobs, 2)
    jobs.claim_result(mixed, KEY)
    jobs.append(mixed, 0, chunk_result([], done=1, total=2, model=OTHER_MODEL))
    jobs.append(mixed, 1, chunk_result([], done=2, total=2))
    jobs.finish(mixed, JobStatus.COMPLETED, finished_at=LATER)
    assert jobs.claim_result(running(jobs), KEY) is None


def test_a_deleted_job_claims_nothing(jobs: TranscriptionStore) -> None:
    with pytest.raises(JobNotFoundError):
        jobs.claim_result("gone", KEY)
