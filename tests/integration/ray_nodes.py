"""Runs a Ray cluster of several nodes on this machine, with replicas whose engine only sleeps."""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from integration.ray_cluster import installed_ray
from testbed.services import REPOSITORY, free_port

_CONFIG = REPOSITORY / "bench" / "cluster" / "simulated.yaml"
_START_S = 300
_ON_NODES = "{num_cpus: 0, resources: {replica: 1}}"


class RayNodes:
    """A head node with the proxy, and nodes with up to as many replicas each as there are in all.

    Attributes:
        url: of the llm.
    """

    def __init__(self, python: Path, folder: Path, n_replicas: int) -> None:
        self._python = python
        self._folder = folder
        self._log = folder / "run.log"
        self._n_replicas = n_replicas
        self._mark = uuid.uuid4().hex
        self._address = f"127.0.0.1:{free_port()}"
        self._port = free_port()
        self._nodes: list[str] = []
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self, n_nodes: int) -> None:
        """Start the nodes and the replicas, and wait until these are ready."""
        port = self._address.partition(":")[2]
        head = ["--head", f"--port={port}", "--num-cpus=2", f"--temp-dir={self._folder}"]
        head += [f"--dashboard-port={free_port()}", f"--ray-client-server-port={free_port()}"]
        self._start_node("head", head)
        for _ in range(n_nodes):
            self.add_node()
        runner = [REPOSITORY / "runners" / "run_llm_ray.sh", self._config()]
        self._run(runner, {"RAY_ADDRESS": self._address, "NODE_MARK": self._mark})
        deadline = time.monotonic() + _START_S
        while not self._is_ready():
            assert time.monotonic() < deadline, self._log.read_text()[-3000:]
            time.sleep(0.5)

    def add_node(self) -> None:
        """Start another node."""
        name = f"node-{uuid.uuid4().hex[:8]}"
        resources = f'--resources={{"replica": {self._n_replicas}}}'
        self._start_node(name, [f"--address={self._address}", "--num-cpus=0", resources])
        self._nodes.append(name)

    def kill_node(self, chance: random.Random) -> None:
        """Kill all processes of a node, as when its machine fails, and start another one."""
        name = self._nodes.pop(chance.randrange(len(self._nodes)))
        self._kill(f"NODE_MARK={self._mark}-{name}\0".encode())
        self.add_node()

    def kill_replica(self, chance: random.Random) -> None:
        """Kill the process of a replica, if one runs."""
        pids = [pid for pid in self._pids() if b"ServeReplica:llm" in _read(pid, "cmdline")]
        if pids:
            _kill(chance.choice(pids))

    def stop(self) -> None:
        """Kill everything."""
        self._kill(f"NODE_MARK={self._mark}".encode())

    def _start_node(self, name: str, arguments: list[str]) -> None:
        start = [self._python, "-m", "ray.scripts.scripts", "start", *arguments, "--block"]
        address = [f"--dashboard-agent-listen-port={free_port()}", "--disable-usage-stats"]
        n_running = self._n_started()
        self._run([*start, *address], {"NODE_MARK": f"{self._mark}-{name}"})
        deadline = time.monotonic() + _START_S
        while self._n_started() == n_running:  # two that start at once take the same socket
            assert time.monotonic() < deadline, self._log.read_text()[-3000:]
            time.sleep(0.2)

    def _n_started(self) -> int:
        return self._log.read_text().count("Ray runtime started.") if self._log.exists() else 0

    def _run(self, command: list[object], environment: dict[str, str]) -> None:
        sources = [str(REPOSITORY / part) for part in ("src", "deploy/ray", "")]
        common = {
            "PYTHON": str(self._python),
            "PYTHONPATH": os.pathsep.join(sources),
            "DATA_DIR": str(REPOSITORY / "data"),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": self._mark,
            "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "120",
        }
        with self._log.open("ab") as log:
            subprocess.Popen(
                [str(part) for part in command],
                env=os.environ | common | environment,
                cwd=REPOSITORY,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _config(self) -> Path:
        text = _CONFIG.read_text()
        for written, here in {
            "port: 4321": f"port: {self._port}",
            "num_replicas: 1": f"num_replicas: {self._n_replicas}",
            "\n          num_cpus: 0": f" {_ON_NODES}",
            "http_options:": "proxy_location: HeadOnly\nhttp_options:",
        }.items():
            assert written in text
            text = text.replace(written, here)
        config = self._folder / "serve.yaml"
        config.write_text(text)
        return config

    def _is_ready(self) -> bool:
        try:
            models = httpx.get(f"{self.url}/v1/models", trust_env=False, timeout=10)
        except httpx.TransportError:
            return False
        n_chunks = models.json().get("max_concurrent_chunks") if models.is_success else 0
        return n_chunks == (self._n_replicas + 1) * 16 + 8

    def _pids(self, mark: bytes | None = None) -> list[int]:
        mark = mark or f"NODE_MARK={self._mark}".encode()
        pids = [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]
        return [pid for pid in pids if mark in _read(pid, "environ") + b"\0"]

    def _kill(self, mark: bytes) -> None:
        while pids := self._pids(mark):
            for pid in pids:
                _kill(pid)
            time.sleep(0.1)


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def running_nodes(n_nodes: int, n_replicas: int) -> Iterator[RayNodes]:
    """Run a cluster inside the context, or skip the test if Ray cannot be installed."""
    # Ray's sockets have names of up to 107 characters
    folder = Path(tempfile.mkdtemp(prefix="ray_"))
    nodes = RayNodes(installed_ray(), folder, n_replicas)
    try:
        nodes.start(n_nodes)
        yield nodes
    finally:
        nodes.stop()
        shutil.rmtree(folder, ignore_errors=True)
