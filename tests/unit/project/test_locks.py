"""The lock files are complete, have hashes, and agree with pyproject.toml and one another."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOCKS = {
    "backend": "req_backend.txt",
    "llm": "req_llm.txt",
    "frontend": "req_frontend.txt",
    "ray": "deploy/ray/req_ray.txt",
    "weights": "deploy/req_weights.txt",
    "test": "tests/req_test.txt",
    "bench": "bench/req_bench.txt",
}
_REQUIREMENT = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+)(?: ;.*?)?((?: \\\n +--hash=\S+)*)$", re.MULTILINE
)


def _locked(path: str) -> dict[str, str]:
    return {name: version for name, version, _ in _REQUIREMENT.findall((ROOT / path).read_text())}


def _declared(group: str) -> list[str]:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    names = []
    for item in groups[group]:
        names += _declared(item["include-group"]) if isinstance(item, dict) else [item]
    return names


@pytest.mark.parametrize("path", LOCKS.values())
def test_every_requirement_has_hashes_and_none_has_a_url(path: str):
    """Without hashes the installed packages depend on the package index."""
    text = (ROOT / path).read_text()
    requirements = _REQUIREMENT.findall(text)
    starts = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(requirements) == len(starts) > 0
    assert all("--hash=sha256:" in hashes for _, _, hashes in requirements)
    assert "://" not in text
    assert "index" not in text.replace("importlib", "")


@pytest.mark.parametrize(("group", "path"), LOCKS.items())
def test_lock_has_the_versions_that_pyproject_declares(group: str, path: str):
    """Otherwise somebody forgot `make lock`."""
    locked = _locked(path)
    for requirement in _declared(group):
        name, version = requirement.partition(" ;")[0].split("==")
        assert locked[name.partition("[")[0]] == version


def test_locks_agree_on_every_version():
    """Otherwise the services cannot share one .venv, as local_start and the tests need."""
    versions: dict[str, set[str]] = {}
    for path in LOCKS.values():
        for name, version in _locked(path).items():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_torch_image_has_the_locked_version():
    dockerfile = (ROOT / "deploy" / "torch.Dockerfile").read_text()
    assert f"ARG TORCH_VERSION={_locked('req_llm.txt')['torch']}+cpu\n" in dockerfile


@pytest.mark.parametrize("path", ["req_backend.txt", "req_frontend.txt"])
def test_only_the_llm_depends_on_torch(path: str):
    assert "torch" not in _locked(path)
