"""Debian packages that tests need and the machine lacks, unpacked without root into `.cache/`."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from filelock import FileLock

CACHE = Path(__file__).resolve().parent.parent / ".cache"


def unpacked(name: str, *packages: str) -> Path:
    """Return the folder in the cache with what is in packages, fetched when it is not there yet.

    A test that cannot have them is skipped and says why.

    Args:
        name: of the folder.
        packages: as `apt-get download` takes them: names, or regular expressions from ^ to $.
    """
    folder = CACHE / name
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / f"{name}.lock"):
        if not folder.is_dir():
            _fetch(name, packages, folder)
    return folder


def libraries(name: str) -> dict[str, str]:
    """Return the environment in which programs find the libraries that were unpacked with them."""
    folders = [str(folder) for folder in (CACHE / name).glob("usr/lib/*-linux-gnu")]
    return {"LD_LIBRARY_PATH": os.pathsep.join(folders)} if folders else {}


def _fetch(name: str, packages: tuple[str, ...], folder: Path) -> None:
    """Make the folder, whole or not at all."""
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            pytest.skip(f"no {name}: it is not installed, and {tool} is not there to fetch it")
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        whole = Path(work) / "unpacked"
        try:
            _download(packages, Path(work))
            for archive in Path(work).glob("*.deb"):
                _run(["dpkg", "-x", str(archive), str(whole)], Path(work))
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            pytest.skip(f"no {name}: its packages cannot be fetched: {reason}")
        whole.rename(folder)


def _download(packages: tuple[str, ...], work: Path) -> None:
    try:
        _run(["apt-get", "download", *packages], work)
    except subprocess.CalledProcessError:
        # a new machine has no lists of packages, and only root may fetch them to their place
        lists = work / "lists"
        lists.mkdir()
        own_lists = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={work}"]
        _run(["apt-get", *own_lists, "update"], work)
        _run(["apt-get", *own_lists, "download", *packages], work)


def _run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
