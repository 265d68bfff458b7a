"""Each image holds the modules that its service imports."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

IMPORT_EVERY_MODULE = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
"""


def copied_sources(dockerfile: Path) -> list[tuple[list[str], str]]:
    """Return sources and target of each `COPY src/… src/…` of a Dockerfile's last stage."""
    last_stage = re.split(r"^FROM .*$", dockerfile.read_text(), flags=re.MULTILINE)[-1]
    lines = re.findall(r"^COPY (src/.*)$", last_stage, flags=re.MULTILINE)
    return [(names[:-1], names[-1]) for names in map(str.split, lines)]


@pytest.mark.whole_app
@pytest.mark.parametrize("service", ["frontend", "backend", "llm"])
def test_a_service_needs_no_module_that_its_image_lacks(service: str, tmp_path: Path) -> None:
    for sources, target in copied_sources(ROOT / "deploy" / f"{service}.Dockerfile"):
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, tmp_path / target)
            else:
                (tmp_path / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, tmp_path / target)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERY_MODULE, service],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
