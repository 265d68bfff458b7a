"""The release before this one, for tests of upgrades; name the new one here at each release."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from testbed.services import REPOSITORY

COMMIT = "254385a"
REVISION = "0020"
"""The newest version of its database's schema."""


def unpack_source(folder: Path) -> Path:
    """Unpack its `src` into a folder and return it, or skip the test in a clone without history."""
    command = ["git", "-C", str(REPOSITORY), "archive", COMMIT, "src"]
    archive = subprocess.run(command, capture_output=True, check=False)
    if archive.returncode != 0:
        pytest.skip(f"the previous release is missing: {archive.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder / "src"
