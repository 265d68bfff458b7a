"""Debian packages that this machine lacks, unpacked into `.cache/` without root."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from filelock import FileLock

CACHE = Path(__file__).resolve().parent.parent / ".cache"


class PackagesUnavailableError(Exception):
    """The packages are not in the cache and cannot be downloaded; the message says why."""


def unpacked(name: str, *packages: str) -> Path:
    """Return the cached folder that holds the unpacked packages; download them the first time.

    Args:
        name: of the folder.
        packages: as `apt-get download` takes them: names, or regular expressions from ^ to $.

    Raises:
        PackagesUnavailableError: the packages cannot be downloaded or unpacked.
    """
    folder = CACHE / name
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / f"{name}.lock"):
        if not folder.is_dir():
            _fetch(name, packages, folder)
    return folder


def libraries(name: str) -> dict[str, str]:
    """Return the environment that makes unpacked programs find the libraries beside them."""
    folders = [str(folder) for folder in (CACHE / name).glob("usr/lib/*-linux-gnu")]
    return {"LD_LIBRARY_PATH": os.pathsep.join(folders)} if folders else {}


def _fetch(name: str, packages: tuple[str, ...], folder: Path) -> None:
    """Create the folder, whole or not at all."""
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise PackagesUnavailableError(f"{name} is not installed, and neither is {tool}")
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        whole = Path(work) / "unpacked"
        try:
            _download(packages, Path(work))
            for archive in Path(work).glob("*.deb"):
                _run(["dpkg", "-x", str(archive), str(whole)], Path(work))
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            raise PackagesUnavailableError(f"cannot download {name}: {reason}") from error
        whole.rename(folder)


def _download(packages: tuple[str, ...], work: Path) -> None:
    try:
        _run(["apt-get", "download", *packages], work)
    except subprocess.CalledProcessError:
        # A fresh machine has no package lists, and only root may update the system's own.
        lists = work / "lists"
        lists.mkdir()
        own_lists = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={work}"]
        _run(["apt-get", *own_lists, "update"], work)
        _run(["apt-get", *own_lists, "download", *packages], work)


def _run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
