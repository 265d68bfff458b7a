"""A process of which the clock can be set, from Debian's package `libfaketime`.

Installed, it is taken as it is; else the package is fetched and unpacked without root into
the git-ignored `.cache/`. A test that cannot have it is skipped and says why.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

_CACHE = Path(__file__).resolve().parents[2] / ".cache" / "libfaketime"
_LIBRARY = "usr/lib/*/faketime/libfaketimeMT.so.1"


class SettableClock:
    """The wall clock of the processes that have this environment; the monotonic one runs on.

    Args:
        file: tells them how far their clock is off.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set_off(0)
        self.environment = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds; to look at each call is slow
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set_off(self, seconds: int) -> None:
        """Step by so many seconds from the true time."""
        self._file.write_text(f"{seconds:+d}\n")


def _library() -> Path:
    for root in (Path("/"), _CACHE):
        if found := list(root.glob(_LIBRARY)):
            return found[0]
    _fetch_package()
    return next(_CACHE.glob(_LIBRARY))


def _fetch_package() -> None:
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            pytest.skip(f"no libfaketime: it is not installed, and {tool} is not there")
    _CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE.parent) as work:
        unpacked = Path(work) / "unpacked"
        try:
            _run(["apt-get", "download", "libfaketime"], work)
            for archive in Path(work).glob("*.deb"):
                _run(["dpkg", "-x", str(archive), str(unpacked)], work)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace").strip()
            pytest.skip(f"no libfaketime: its package cannot be fetched: {reason}")
        unpacked.replace(_CACHE)


def _run(command: list[str], folder: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
