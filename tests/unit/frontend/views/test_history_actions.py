import pytest

from contracts.jobs import Job, JobStatus
from contracts.problems import ProblemType
from frontend.backend_client import BackendClient
from frontend.i18n import Language, Translator
from frontend.views.history_actions import run_action
from unit.frontend.stand_in_backend import StandInBackend, make_job

pytestmark = pytest.mark.whole_app


RU = Translator(Language.RU)


def _add(backend: StandInBackend, *jobs: Job) -> None:
    backend.jobs |= {job.id: job for job in jobs}


def _act(backend: StandInBackend, asked: object):
    return run_action(RU, BackendClient(backend.url, {}), asked)


def test_a_title_is_set_and_reset(backend: StandInBackend):
    _add(backend, make_job(tags=["работа"]))
    outcome = _act(backend, {"kind": "rename", "id": "job-1", "title": "Встреча"})
    assert outcome.text == RU("history.renamed")
    assert backend.jobs["job-1"].title == "Встреча"
    assert backend.jobs["job-1"].tags == ["работа"]  # what was not named stays
    _act(backend, {"kind": "rename", "id": "job-1", "title": ""})
    assert backend.jobs["job-1"].title is None


def test_tags_are_set_on_one_and_added_to_several(backend: StandInBackend):
    _add(backend, make_job("a", title="Имя"), make_job("b", tags=["старая"]))
    _act(backend, {"kind": "tags", "id": "a", "tags": ["работа", "лекции"]})
    assert backend.jobs["a"].tags == ["работа", "лекции"]
    assert backend.jobs["a"].title == "Имя"
    present = {"a": ["работа", "лекции"], "b": ["старая"]}
    outcome = _act(backend, {"kind": "add_tag", "tags": present, "tag": "новая"})
    assert outcome.text == RU("history.tagged", count=2)
    assert [backend.jobs[each].tags[-1] for each in "ab"] == ["новая", "новая"]


def test_recordings_are_moved_and_their_folder_renamed_and_deleted(backend: StandInBackend):
    _add(backend, make_job("a", tags=["работа"]), make_job("b"), make_job("c"))
    outcome = _act(backend, {"kind": "move", "ids": ["a", "gone", "b"], "folder": "Дела"})
    assert outcome.text == RU("history.moved", count=3)
    assert [job.folder for job in backend.jobs.values()] == ["Дела", "Дела", None]
    assert backend.jobs["a"].tags == ["работа"]
    outcome = _act(backend, {"kind": "rename_folder", "folder": "Дела", "name": "Суд / 1"})
    assert outcome.text == RU("history.folder_renamed")
    _act(backend, {"kind": "move", "ids": ["b"], "folder": ""})
    assert [job.folder for job in backend.jobs.values()] == ["Суд / 1", None, None]
    outcome = _act(backend, {"kind": "delete_folder", "folder": "Суд / 1"})
    assert outcome.text == RU("history.folder_deleted")
    assert [job.folder for job in backend.jobs.values()] == [None] * 3
    assert _act(backend, {"kind": "delete_folder", "folder": "Суд / 1"}).failed


def test_bulk_actions_ignore_recordings_that_are_already_gone(backend: StandInBackend):
    _add(backend, make_job("a"), make_job("b", status=JobStatus.COMPLETED), make_job("c"))
    outcome = _act(backend, {"kind": "cancel", "ids": ["a", "b"]})
    assert outcome.text == RU("history.done.cancel", count=2)
    assert backend.jobs["a"].status is JobStatus.CANCELLED
    outcome = _act(backend, {"kind": "delete", "ids": ["a", "gone", "b"]})
    assert not outcome.failed
    assert list(backend.jobs) == ["c"]


def test_a_refused_action_shows_the_reason_advice_and_request_id(
    backend: StandInBackend,
):
    outcome = _act(backend, {"kind": "rename", "id": "gone", "title": "x"})
    assert outcome.failed
    assert outcome.text.startswith(RU("problem.not_found"))
    assert outcome.request_id == RU("problem.request_id", id="req-1")


@pytest.mark.parametrize(
    "asked",
    [
        None,
        {"kind": "explode"},
        {"kind": "delete", "ids": []},
        {"kind": "delete", "ids": ["a"] * 501},
        {"kind": "rename", "id": "job-1", "title": "x" * 201},
        {"kind": "tags", "id": "job-1", "tags": ["x" * 51]},
        {"kind": "move", "ids": ["job-1"], "folder": "x" * 101},
        {"kind": "rename_folder", "folder": "a", "name": " "},
    ],
    ids=["nothing", "unknown", "none", "many", "long", "long tag", "long folder", "blank folder"],
)
def test_an_invalid_action_changes_nothing(backend: StandInBackend, asked: object):
    _add(backend, make_job())
    outcome = _act(backend, asked)
    assert outcome.failed
    assert outcome.text.startswith(RU(f"problem.{ProblemType.INVALID_OPTION.name.lower()}"))
    assert backend.jobs == {"job-1": make_job()}
