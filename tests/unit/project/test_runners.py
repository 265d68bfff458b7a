"""The runners start, watch and stop three processes, and leave none behind.

The tests replace the services by small HTTP servers that pass the health check.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testbed.services import free_port

pytestmark = pytest.mark.whole_app

ROOT = Path(__file__).resolve().parents[3]
SERVICES = ("llm", "backend", "frontend")
WAIT_S = 20

SERVICE = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

NAME = Path(__file__).parent.name

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path.endswith("health") or "ready" in self.path else 404)
        self.end_headers()

    def log_message(self, *_):
        pass

Path(f"{NAME}.json").write_text(json.dumps(dict(os.environ)))
if code := os.environ.get(f"{NAME.upper()}_FAILS_WITH"):
    sys.exit(int(code))
address = (os.environ["BIND_ADDRESS"], int(os.environ[f"{NAME.upper()}_PORT"]))
HTTPServer(address, Answer).serve_forever()
"""


def _pid(clone: Path, name: str) -> int:
    return int((clone / ".run" / f"{name}.pid").read_text())


def _is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    # The state of an ended process that nobody has waited for is Z.
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def _wait_until(condition, what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


class Runner:
    """`run_all.sh` of a clone, with its output."""

    def __init__(self, clone: Path, environment: dict[str, str]) -> None:
        self.clone = clone
        self._output = clone / "output"
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                # `nohup`, under which the tests may run, ignores hangups.
                ["env", "--default-signal=HUP", clone / "runners" / "run_all.sh"],
                env={"PATH": os.environ["PATH"], "PYTHON": sys.executable, **environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_until_ready(self) -> list[int]:
        """Return the services' pids."""
        _wait_until(lambda: "open http://" in self.output, f"not ready:\n{self.output}")
        return [_pid(self.clone, service) for service in SERVICES]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "runners", tmp_path / "runners")
    shutil.copy(ROOT / ".env.example", tmp_path)
    (tmp_path / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "healthcheck.py", tmp_path / "deploy")
    for service in SERVICES:
        package = tmp_path / "src" / service
        package.mkdir(parents=True)
        (package / "__main__.py").write_text(SERVICE)
    ports = "".join(f"{service.upper()}_PORT={free_port()}\n" for service in SERVICES)
    (tmp_path / ".env").write_text(ports)
    return tmp_path


@pytest.fixture
def start(clone: Path) -> Iterator[Callable[..., Runner]]:
    started: list[Runner] = []

    def start_runner(**environment: str) -> Runner:
        started.append(Runner(clone, environment))
        return started[-1]

    yield start_runner
    for runner in started:
        if runner.process.poll() is None:
            runner.process.terminate()
            runner.process.wait(WAIT_S)


def test_address_is_printed_once_all_services_are_ready(start, clone: Path):
    runner = start()
    runner.wait_until_ready()
    port = (clone / ".env").read_text().rpartition("FRONTEND_PORT=")[2].strip()
    assert f"open http://127.0.0.1:{port}" in runner.output
    for service in SERVICES:
        assert f"{service} is ready" in runner.output.partition("open http")[0], "it comes last"


@pytest.mark.parametrize(
    "crashing",
    ["backend", *(pytest.param(other, marks=pytest.mark.slow) for other in ("llm", "frontend"))],
)
def test_service_that_crashes_stops_the_others(start, clone: Path, crashing: str):
    """Otherwise a page stays up that cannot transcribe anything."""
    runner = start()
    pids = runner.wait_until_ready()
    os.kill(_pid(clone, crashing), signal.SIGKILL)
    assert runner.process.wait(WAIT_S) == 128 + signal.SIGKILL
    assert f"{crashing} has stopped with exit code 137" in runner.output
    assert not any(_is_alive(pid) for pid in pids)
    assert list((clone / ".run").iterdir()) == []


def test_service_that_fails_to_start_is_named_with_its_exit_code(start):
    """Otherwise the runner waits forever for a service that has ended."""
    runner = start(BACKEND_FAILS_WITH="3")
    assert runner.process.wait(WAIT_S) == 3
    assert "backend has stopped with exit code 3" in runner.output


@pytest.mark.slow
def test_service_that_exits_with_0_is_a_failure(start):
    runner = start(FRONTEND_FAILS_WITH="0")
    assert runner.process.wait(WAIT_S) == 1
    assert "frontend has stopped with exit code 0" in runner.output


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_all_services(start, clone: Path, sent: signal.Signals):
    runner = start()
    pids = runner.wait_until_ready()
    os.killpg(runner.process.pid, sent)  # a terminal signals the whole group
    assert runner.process.wait(WAIT_S) == 0
    assert not any(_is_alive(pid) for pid in pids)
    assert list((clone / ".run").iterdir()) == []


@pytest.mark.slow
def test_stopping_during_the_start_leaves_no_process(start, clone: Path):
    """A service that is still in its shell script, before Python, must be stopped, too."""
    runner = start()
    last = clone / ".run" / "frontend.pid"
    _wait_until(lambda: last.exists() and last.read_text(), "the frontend is not started")
    pids = [_pid(clone, service) for service in SERVICES]
    runner.process.terminate()
    runner.process.wait(WAIT_S)
    assert not any(_is_alive(pid) for pid in pids)


def _stop(clone: Path) -> str:
    stopped = subprocess.run(
        [clone / "runners" / "stop_all.sh"], capture_output=True, text=True, check=True
    )
    assert stopped.stderr == ""
    return stopped.stdout


def test_local_stop_stops_by_pid(start, clone: Path):
    runner = start()
    pids = runner.wait_until_ready()
    assert _stop(clone) == "stopped\n"
    assert runner.process.wait(WAIT_S) == 0, runner.output
    assert not any(_is_alive(pid) for pid in pids)
    assert _stop(clone) == "the services are not running\n"


@pytest.mark.slow
def test_local_stop_stops_services_whose_runner_was_killed(start, clone: Path):
    """Otherwise they hold their ports until the next boot."""
    runner = start()
    pids = runner.wait_until_ready()
    runner.process.kill()
    runner.process.wait(WAIT_S)
    assert all(_is_alive(pid) for pid in pids)
    _stop(clone)
    assert not any(_is_alive(pid) for pid in pids)


def test_local_stop_spares_an_unrelated_process_with_the_same_pid(clone: Path):
    """The system reuses pids: a stale pid file must not kill another program."""
    with subprocess.Popen(["sleep", "60"]) as other:
        (clone / ".run").mkdir()
        (clone / ".run" / "llm.pid").write_text(str(other.pid))
        assert _stop(clone) == "the services are not running\n"
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("service", SERVICES)
def test_a_port_that_is_taken_is_named_with_its_variable(start, service: str):
    """Otherwise the other program on it would pass for the service, and be announced as ready."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port, variable = other.getsockname()[1], f"{service.upper()}_PORT"
        runner = start(**{variable: str(port)})
        assert runner.process.wait(WAIT_S) == 1
    assert f"port {port} on 127.0.0.1 is in use" in runner.output
    assert f"set {variable} in .env" in runner.output
    assert "ready" not in runner.output


@pytest.mark.slow
def test_second_start_is_refused(start, clone: Path):
    first = start()
    pids = first.wait_until_ready()
    second = subprocess.run(
        [clone / "runners" / "run_all.sh"],
        env={"PATH": os.environ["PATH"], "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert "already running" in second.stderr
    assert all(_is_alive(pid) for pid in pids)


def test_environment_overrides_env_file_and_addresses_follow_ports(start, clone: Path):
    """Otherwise the page looks for the backend on the old port after a change."""
    port = free_port()
    start(BACKEND_PORT=str(port), LOG_LEVEL="DEBUG").wait_until_ready()
    seen = {name: (clone / f"{name}.json").read_text() for name in SERVICES}
    assert f'"BACKEND_URL": "http://127.0.0.1:{port}"' in seen["frontend"]
    assert '"LOG_LEVEL": "DEBUG"' in seen["llm"]
    llm_port = (clone / ".env").read_text().split("LLM_PORT=")[1].split("\n")[0]
    assert f'"LLM_URL": "http://127.0.0.1:{llm_port}"' in seen["backend"]


def test_env_file_becomes_private(start, clone: Path):
    """It may hold keys, and editors create files that everybody can read."""
    (clone / ".env").chmod(0o644)
    start().wait_until_ready()
    assert (clone / ".env").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_llm_listens_on_this_machine_only(start, clone: Path):
    """The llm has no API keys: BIND_ADDRESS applies to the page and the backend only."""
    start(BIND_ADDRESS="0.0.0.0").wait_until_ready()
    assert '"BIND_ADDRESS": "127.0.0.1"' in (clone / "llm.json").read_text()
    assert '"BIND_ADDRESS": "0.0.0.0"' in (clone / "backend.json").read_text()
