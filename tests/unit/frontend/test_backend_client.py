import socket
import threading

import httpx
import pytest

from contracts.jobs import UploadedRecording
from contracts.models import Health, HealthStatus
from contracts.problems import ProblemType
from frontend import backend_client
from frontend.backend_client import BackendClient, BackendError, BackendUnavailableError
from unit.frontend.stand_in_backend import StandInBackend


@pytest.fixture
def client(backend: StandInBackend) -> BackendClient:
    return BackendClient(backend.url, {})


@pytest.mark.parametrize("kind", list(ProblemType), ids=lambda kind: kind.name)
def test_each_problem_type_is_recognised(client, backend, kind: ProblemType):
    backend.start_problems["upload-1"] = kind
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


def test_the_api_key_is_sent(backend):
    """Otherwise a backend that asks for one would refuse everything."""
    BackendClient(backend.url, {"Authorization": "Bearer k"}).start(
        UploadedRecording(upload_id="upload-1")
    )
    assert backend.key_shown == "Bearer k"


@pytest.mark.parametrize("job_id", ["nothing", "../models", "a/b", "a?b=1", "", "я"])
def test_an_invalid_job_id_is_not_found(client, job_id: str):
    with pytest.raises(BackendError) as caught:
        client.cancel(job_id)
    assert caught.value.problem_type is ProblemType.NOT_FOUND


def test_a_starting_backend_is_not_an_error(client, backend):
    backend.health = Health(status=HealthStatus.STARTING, checks={})
    assert client.health() == backend.health


def test_a_refused_connection_means_unavailable():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(BackendUnavailableError):
        BackendClient(f"http://127.0.0.1:{port}", {}).health()


def test_an_error_without_a_problem_means_unavailable(client):
    with pytest.raises(BackendUnavailableError):
        client._call("GET", "/nothing/here")  # the framework's own 404, no problem


def test_a_silent_backend_times_out(monkeypatch):
    monkeypatch.setattr(backend_client, "_QUICK_TIMEOUT", httpx.Timeout(0.2))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        caught: list[Exception] = []

        def ask() -> None:
            try:
                BackendClient(f"http://127.0.0.1:{silent.getsockname()[1]}", {}).health()
            except BackendUnavailableError as error:
                caught.append(error)

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(timeout=5)
        assert len(caught) == 1


def test_a_call_is_made_for_one_visitor_only(backend):
    """Otherwise a visitor sees what the one before has."""
    client = BackendClient(backend.url, {})
    for user in ("anna", "boris"):
        client.acting_for([(b"X-Forwarded-User", user.encode())]).jobs()
    client.jobs()
    assert backend.users_shown == ["anna", "boris", None]
