import socket
import threading
from io import BytesIO

import httpx
import pytest

from contracts.jobs import UploadedRecording
from contracts.models import Health, HealthStatus
from contracts.problems import ProblemType
from frontend import backend_client
from frontend.backend_client import (
    BackendClient,
    BackendError,
    BackendUnavailableError,
    ExportFormat,
)
from unit.frontend.stand_in_backend import StandInBackend, make_job

RECORDING = bytes(range(256)) * 40  # 10,240 bytes


@pytest.fixture
def client(backend: StandInBackend, monkeypatch: pytest.MonkeyPatch) -> BackendClient:
    monkeypatch.setattr(backend_client, "RETRY_DELAY_S", 0.01)
    monkeypatch.setattr(backend_client, "UPLOAD_CHUNK_BYTES", 1000)
    return BackendClient(backend.url)


def _upload(client: BackendClient, content: bytes = RECORDING) -> tuple[str, list[int]]:
    sent: list[int] = []
    upload_id = client.upload(
        BytesIO(content),
        len(content),
        "Лекция, часть 1.mp3",
        lambda done, _total: sent.append(done),
    )
    return upload_id, sent


def test_a_recording_arrives_whole_and_under_its_own_name(client, backend):
    upload_id, sent = _upload(client)
    upload = backend.uploads[upload_id]
    assert bytes(upload.content) == RECORDING
    assert upload.name == "Лекция, часть 1.mp3"
    assert sent == [*range(0, 10_001, 1000), 10_240]
    assert backend.patches == 11


@pytest.mark.parametrize(
    "fault", ["drop", "lost", "UPLOAD_OFFSET_MISMATCH", "OVERLOADED"], ids=str.lower
)
def test_an_upload_goes_on_where_it_broke_off(client, backend, fault: str):
    backend.patch_faults = [fault, fault]
    upload_id, sent = _upload(client)
    assert bytes(backend.uploads[upload_id].content) == RECORDING
    assert sent == sorted(sent)


def test_an_empty_recording_is_sent_too_for_the_backend_to_judge(client, backend):
    upload_id, _ = _upload(client, b"")
    assert backend.uploads[upload_id].length == 0
    assert backend.patches == 0


def test_an_upload_is_given_up_when_nothing_gets_through(client, backend):
    backend.patch_faults = ["OVERLOADED"] * 50
    with pytest.raises(BackendError) as caught:
        _upload(client)
    assert caught.value.problem_type is ProblemType.OVERLOADED
    assert backend.patches == backend_client.MAX_SEND_ATTEMPTS


def test_a_problem_that_stays_is_not_tried_again(client, backend):
    backend.patch_faults = ["TOO_LARGE"]
    with pytest.raises(BackendError) as caught:
        _upload(client)
    assert caught.value.problem_type is ProblemType.TOO_LARGE
    assert backend.patches == 1


@pytest.mark.parametrize("kind", list(ProblemType), ids=lambda kind: kind.name)
def test_each_problem_of_the_backend_reaches_the_page(client, backend, kind: ProblemType):
    backend.start_problem = kind
    with pytest.raises(BackendError) as caught:
        client.start(UploadedRecording(upload_id="upload-1"))
    assert caught.value.problem_type is kind
    assert caught.value.problem.request_id == "req-1"


def test_the_options_reach_the_backend(client, backend):
    asked = UploadedRecording.model_validate(
        {"upload_id": "upload-1", "language": "auto", "normalization": "peak", "target_peak": 0.5}
    )
    client.start(asked)
    assert backend.started == [asked]


def test_a_job_comes_with_everything_in_it(client, backend):
    backend.jobs["job-7"] = make_job("job-7")
    assert client.job("job-7") == backend.jobs["job-7"]


@pytest.mark.parametrize("job_id", ["nothing", "../models", "a/b", "a?b=1", "", "я"])
def test_an_address_that_names_no_job_is_not_found(client, job_id: str):
    with pytest.raises(BackendError) as caught:
        client.job(job_id)
    assert caught.value.problem_type is ProblemType.NOT_FOUND


def test_an_export_comes_as_bytes_in_the_format_asked(client, backend):
    assert client.export("job-1", ExportFormat.SRT) == b"job-1 as srt"
    assert backend.exports_asked == [("job-1", "srt")]


def test_a_backend_that_is_starting_is_an_answer_not_a_failure(client, backend):
    backend.health = Health(status=HealthStatus.STARTING, checks={})
    assert client.health() == backend.health


def test_nobody_at_the_address_means_unavailable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(BackendUnavailableError):
        BackendClient(f"http://127.0.0.1:{port}").health()


def test_an_answer_that_is_not_ours_means_unavailable(client):
    with pytest.raises(BackendUnavailableError):
        client._call("GET", "/nothing/here")  # the framework's own 404, no problem


def test_a_backend_that_never_answers_is_waited_for_only_so_long(monkeypatch):
    monkeypatch.setattr(backend_client, "_QUICK_TIMEOUT", httpx.Timeout(0.2))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        caught: list[Exception] = []

        def ask() -> None:
            try:
                BackendClient(f"http://127.0.0.1:{silent.getsockname()[1]}").health()
            except BackendUnavailableError as error:
                caught.append(error)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(timeout=5)
        assert len(caught) == 1
