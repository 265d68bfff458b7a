"""The containers transcribe, are isolated, and restart after a crash."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

import httpx
import pytest

from speech_corpus import russian_sentences
from spoken_words import wer

pytestmark = pytest.mark.docker

SERVICES = ("frontend", "backend", "llm")
OWN_PACKAGES = {
    "frontend": {"contracts", "frontend", "servicekit"},
    "backend": {"backend", "contracts", "servicekit"},
    "llm": {"contracts", "llm", "servicekit"},
}
WAIT_S = 180
MAX_WER = 0.35
"""Limit for one sentence; whisper-base reaches 0.15 over many sentences."""


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.5)


def _transcribe(stack, path) -> dict:
    with path.open("rb") as recording:
        answer = httpx.post(
            f"{stack.url('backend')}/v1/transcriptions", files={"file": recording}, timeout=60
        )
    assert answer.status_code == 202, answer.text
    job = answer.json()
    address = httpx.URL(stack.url("backend")).join(answer.headers["Location"])
    deadline = time.monotonic() + WAIT_S
    while job["status"] in ("queued", "running"):
        assert time.monotonic() < deadline, job["progress"]
        time.sleep(0.5)
        job = httpx.get(address).json()
    return job


def _reaches(stack, service: str, host: str, port: int) -> bool:
    program = f"import socket; socket.create_connection(({host!r}, {port}), timeout=3)"
    try:
        stack.python(service, program)
    except AssertionError:
        return False
    return True


def test_recording_is_transcribed_through_the_backends_port(stack):
    (sentence,) = russian_sentences(1)
    job = _transcribe(stack, sentence.path)
    assert job["status"] == "completed", job["error"]
    assert job["model"]["name"] == "embedded/whisper-base"
    assert wer(sentence.text, job["result"]["text"]) <= MAX_WER


def test_page_responds(stack):
    page = httpx.get(stack.url("frontend"))
    assert page.status_code == 200
    assert "text/html" in page.headers["Content-Type"]
    assert httpx.get(f"{stack.url('frontend')}/_stcore/health").status_code == 200


def test_frontend_cannot_reach_the_llm(stack):
    """Otherwise a flaw of the page exposes the model to everybody who can load the page."""
    addresses = stack.inspect(
        "llm", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    ).split()
    gateways = stack.inspect(
        "frontend", "{{range .NetworkSettings.Networks}}{{.Gateway}} {{end}}"
    ).split()
    assert _reaches(stack, "frontend", "backend", 8009)
    assert _reaches(stack, "backend", "llm", 4321)
    for host in ("llm", *addresses):
        assert not _reaches(stack, "frontend", host, 4321)
    for gateway in gateways:
        assert not _reaches(stack, "frontend", gateway, stack.ports["llm"])


@pytest.mark.parametrize("service", SERVICES)
def test_container_has_minimal_privileges(stack, service: str):
    host = "{{.HostConfig.%s}}"
    assert stack.inspect(service, host % "ReadonlyRootfs") == "true"
    assert stack.inspect(service, host % "CapDrop") == "[ALL]"
    assert stack.inspect(service, host % "SecurityOpt") == "[no-new-privileges:true]"
    assert stack.inspect(service, host % "RestartPolicy.Name") == "unless-stopped"
    assert stack.inspect(service, host % "Init") == "true"
    assert int(stack.inspect(service, host % "Memory")) > 0
    assert 0 < int(stack.inspect(service, host % "PidsLimit")) <= 512
    assert stack.inspect(service, host % "LogConfig.Config") == "map[max-file:3 max-size:10m]"
    assert stack.inspect(service, "{{.Config.User}}").partition(":")[0] not in ("", "0", "root")
    assert int(stack.python(service, "import os; print(os.getuid())")) != 0
    with pytest.raises(AssertionError, match="Read-only file system"):
        stack.python(service, "open('/app/src/x.py', 'w')")


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_published_on_this_machine_only(stack, service: str):
    published = stack.inspect(
        service, "{{range .HostConfig.PortBindings}}{{range .}}{{.HostIp}} {{end}}{{end}}"
    )
    assert published.split() == ["127.0.0.1"]


@pytest.mark.parametrize("service", SERVICES)
def test_image_contains_its_own_code_only(stack, service: str):
    """An import across a service boundary must break the build, not a user's start."""
    listed = stack.python(service, "import os; print(*os.listdir('/app/src'))")
    assert set(listed.split()) == OWN_PACKAGES[service]
    has_torch = stack.python(
        service, "import importlib.util as u; print(u.find_spec('torch') is not None)"
    )
    assert has_torch.strip() == str(service == "llm")


def test_llm_starts_without_a_network(stack):
    """The image contains the weights, and the start finds an empty data folder."""
    container = subprocess.run(
        [
            "docker", "run", "--detach", "--rm", "--network", "none", "--read-only",
            "--tmpfs", "/tmp", "--tmpfs", "/data:mode=1777", "speech_transcription_llm",
        ],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip

    def is_healthy() -> bool:
        state = subprocess.run(
            ["docker", "inspect", "--format", "{{.State.Health.Status}}", container],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return state.stdout.strip() == "healthy"

    try:
        _wait_until(is_healthy, "not ready without a network")
    finally:
        subprocess.run(["docker", "kill", container], capture_output=True, check=True)


def test_the_llm_sees_its_models_only(stack):
    """A flaw in reading a model's files must not open recordings and transcripts."""
    listed = stack.python("llm", "import os; print(*os.listdir('/data'))").split()
    assert set(listed) == {"models", "huggingface"}
    with pytest.raises(AssertionError, match=r"Read-only file system|Permission denied"):
        stack.python("llm", "open('/data/x', 'w')")


@pytest.mark.parametrize("service", SERVICES)
def test_crashed_container_restarts(stack, service: str):
    """Kill the process from the host: Docker treats its own kill as a stop."""
    if os.geteuid() != 0:
        pytest.skip("only root can kill a container's process")
    crashed = stack.inspect(service, "{{.State.Pid}}")
    os.kill(int(crashed), signal.SIGKILL)

    def is_back() -> bool:
        pid, health = stack.inspect(service, "{{.State.Pid}} {{.State.Health.Status}}").split()
        return pid not in (crashed, "0") and health == "healthy"

    _wait_until(is_back, f"{service} did not come back")


def test_data_survives_removing_the_containers(stack):
    """Otherwise every `make down` loses the models and the recordings."""
    stack.python("backend", "open('/data/kept', 'w').write('as it was')")
    stack.make("full_stop")
    assert stack.compose("ps", "--all", "--quiet") == ""
    stack.make("up")
    assert (stack.data / "kept").read_text() == "as it was"
    assert stack.python("backend", "print(open('/data/kept').read())").strip() == "as it was"
    (sentence,) = russian_sentences(1)
    assert _transcribe(stack, sentence.path)["status"] == "completed"
