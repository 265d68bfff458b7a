"""Runs the llm on Ray Serve, in an environment of its own that adds Ray to the test's packages."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from filelock import FileLock

from testbed.debian_packages import CACHE
from testbed.services import REPOSITORY, free_port

_LOCK = REPOSITORY / "deploy" / "ray" / "req_ray.txt"
_CONFIG = REPOSITORY / "deploy" / "ray" / "serve.yaml"
_INSTALL_S = 1800
_START_S = 300


class RayLlm:
    """The llm on Ray Serve.

    Attributes:
        folder: has the logs of Ray and of its replicas.
    """

    def __init__(self, python: Path, folder: Path) -> None:
        self._python = python
        self._mark = uuid.uuid4().hex
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "run.log"

    def start(self, n_replicas: int) -> None:
        """Start the runner and wait until all replicas are ready."""
        environment = {
            "PYTHON": str(self._python),
            "DATA_DIR": str(REPOSITORY / "data"),
            "LLM_MODEL": "embedded/whisper-base",
            "LLM_FALLBACK_MODEL": "",
            "RAY_DEDUP_LOGS": "0",
            "RAY_TMPDIR": str(self.folder),
            "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "120",  # 5 by default, too few under load
            "REPLICA_MARK": self._mark,
        }
        runner = [REPOSITORY / "runners" / "run_llm_ray.sh", self._config(n_replicas)]
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                runner,
                env=os.environ | self._access() | environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.wait_for_replicas(n_replicas)

    def stop(self) -> None:
        """Stop the runner; Ray ends all its processes."""
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            raise

    def scale(self, n_replicas: int) -> None:
        """Ask for another number of replicas; do not wait for it."""
        dashboard = re.search(r"http://127\.0\.0\.1:\d+", self.log.read_text())
        assert dashboard, self.log.read_text()
        deploy = [self._python, "-m", "ray.serve.scripts", "deploy"]
        subprocess.run(
            [*deploy, "--address", dashboard[0], self._config(n_replicas)],
            env=os.environ | self._access() | {"RAY_USAGE_STATS_ENABLED": "0"},
            check=True,
            capture_output=True,
        )

    def wait_for_replicas(self, n_replicas: int) -> None:
        """Wait until as many replicas are ready; the llm asks for a batch and a half of 16 more."""
        deadline = time.monotonic() + _START_S
        asked = 0
        while asked != (n_replicas + 1) * 16 + 8:
            assert time.monotonic() < deadline, (asked, self.log.read_text()[-5000:])
            assert self._process.poll() is None, self.log.read_text()[-5000:]
            time.sleep(0.5)
            try:
                models = httpx.get(f"{self.url}/v1/models", trust_env=False, timeout=10)
                asked = models.json().get("max_concurrent_chunks") if models.is_success else 0
            except httpx.TransportError:
                pass

    def replica_pids(self) -> list[int]:
        """Return the processes of the replicas of this cluster."""
        pids: list[int] = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                is_replica = b"ServeReplica:llm" in (folder / "cmdline").read_bytes()
                is_ours = self._mark.encode() in (folder / "environ").read_bytes()
            except OSError:
                continue
            if is_replica and is_ours:
                pids.append(int(folder.name))
        return pids

    def _access(self) -> dict[str, str]:
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self._mark}

    def _config(self, n_replicas: int) -> Path:
        """Write the configuration for a small machine, with a fixed number of replicas."""
        text = _CONFIG.read_text()
        for written, here in {
            "port: 4321": f"port: {self.port}",
            "num_cpus: 2": "num_cpus: 0.5",
            "min_replicas: 1": f"min_replicas: {n_replicas}",
            "max_replicas: 4": f"max_replicas: {n_replicas}",
            "downscale_delay_s: 300": "downscale_delay_s: 0",
        }.items():
            assert written in text
            text = text.replace(written, here)
        config = self.folder / f"serve_{n_replicas}.yaml"
        config.write_text(text)
        return config


@contextmanager
def running_ray(n_replicas: int) -> Iterator[RayLlm]:
    """Run the llm on Ray Serve inside the context, or skip the test if Ray cannot be installed."""
    python = installed_ray()
    # Ray's sockets have names of up to 107 characters
    folder = Path(tempfile.mkdtemp(prefix="ray_"))
    llm = RayLlm(python, folder)
    try:
        llm.start(n_replicas)
        yield llm
    finally:
        llm.stop()
        shutil.rmtree(folder, ignore_errors=True)


def installed_ray() -> Path:
    """Return a Python with the packages of the lock; those of this environment are not repeated."""
    digest = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:16]
    folder = CACHE / f"ray-{digest}"
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / f"{folder.name}.lock"):
        if not (folder / "installed").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder)
    return folder / "bin" / "python"


def _install(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    (packages / "tests.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile"]
    done = subprocess.run(
        [*pip, "--no-deps", "--require-hashes", "--requirement", _LOCK],
        capture_output=True,
        text=True,
        timeout=_INSTALL_S,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"Ray cannot be installed: {done.stderr[-500:]}")
    (folder / "installed").touch()
