"""The Makefile does what its help says, and touches nothing outside this project."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TARGETS = {
    "update_env_file", "build_base_image", "build_torch_image", "build_frontend_image",
    "build_backend_image", "build_llm_image", "build_llm_ray_image", "build_images",
    "drop_images", "clean", "up",
    "down", "full_start", "full_stop", "full_restart", "local_start", "local_stop", "test",
    "check", "lint", "test_cluster", "bench", "evaluate", "sweep", "lock", "backup", "restore",
    "migrate_storage", "key",
}  # fmt: skip


def _make(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # When make runs these tests, its own flags must not reach the make under test.
    inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", *words],
        cwd=folder,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with only the files that make itself reads."""
    for name in ("Makefile", ".env.example", "req_llm.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "data").mkdir()
    return tmp_path


@pytest.fixture
def docker_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that records the arguments of each docker call; a stub replaces docker."""
    calls = tmp_path / "docker_calls"
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$*" >>"{calls}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return calls


def test_help_describes_every_target_in_a_sentence(clone: Path):
    described = dict(re.findall(r"^  (\w+) +(\S.*)$", _make(clone).stdout, re.MULTILINE))
    assert described.keys() == TARGETS | {"help"}
    assert all(sentence.endswith(".") for sentence in described.values())


def test_env_file_is_created_once_and_never_overwritten(clone: Path):
    """Overwriting it loses a user's settings at the next start."""
    assert _make(clone, "update_env_file").returncode == 0
    env_file = clone / ".env"
    assert env_file.read_text() == (ROOT / ".env.example").read_text()
    env_file.write_text("BACKEND_PORT=9009\n")
    env_file.chmod(0o644)
    assert _make(clone, "update_env_file").returncode == 0
    assert env_file.read_text() == "BACKEND_PORT=9009\n"
    assert env_file.stat().st_mode & 0o777 == 0o600, "it may hold keys"


def test_clean_keeps_data_settings_and_volumes(clone: Path, docker_calls: Path):
    """Otherwise cleaning up deletes a user's recordings."""
    kept = [clone / "data" / "jobs.sqlite3", clone / ".env", clone / "src" / "module.py"]
    gone = [clone / "src" / "__pycache__" / "module.pyc", clone / ".ruff_cache" / "x"]
    for path in kept + gone:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (clone / "tests").mkdir()
    (clone / "testbed").mkdir()
    (clone / "bench").mkdir()
    done = _make(clone, "clean")
    assert done.returncode == 0, done.stderr
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in gone)
    calls = docker_calls.read_text().splitlines()
    assert "compose down --remove-orphans" in calls
    assert all("volume" not in call and " -v" not in call for call in calls)


def test_clean_prunes_only_dangling_images_with_this_projects_label(
    clone: Path, docker_calls: Path
):
    for folder in ("src", "tests", "testbed", "bench"):
        (clone / folder).mkdir()
    _make(clone, "clean")
    prunes = [call for call in docker_calls.read_text().splitlines() if "prune" in call]
    assert prunes == ["image prune --force --filter label=speech_transcription.image"]


def test_drop_images_removes_only_this_projects_images(clone: Path, docker_calls: Path):
    """Otherwise images of other projects are removed, too."""
    assert _make(clone, "drop_images").returncode == 0
    removed = re.findall(r"^image rm (.*)$", docker_calls.read_text(), re.MULTILINE)
    built = {f"speech_transcription_{part.name.removesuffix('.Dockerfile')}"
             for part in (ROOT / "deploy").rglob("*.Dockerfile")}  # fmt: skip
    assert set(removed) == built


def test_down_keeps_volumes_and_images(clone: Path, docker_calls: Path):
    assert _make(clone, "full_stop").returncode == 0
    assert docker_calls.read_text().splitlines() == ["compose down --remove-orphans"]


def test_torch_index_is_torchs_own_by_default_and_can_be_empty(clone: Path):
    """Another default downloads gigabytes of CUDA; a fixed one fails where it is unreachable."""
    default = _make(clone, "--dry-run", "build_torch_image").stdout
    assert 'TORCH_INDEX_URL="https://download.pytorch.org/whl/cpu"' in default
    emptied = _make(clone, "--dry-run", "build_torch_image", TORCH_INDEX_URL="").stdout
    assert 'TORCH_INDEX_URL=""' in emptied


def test_another_python_version_is_refused_with_a_message(clone: Path, tmp_path: Path):
    """The locks are for 3.11 only: pip would skip every package without an error."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "sed", "uname", "id"):
        (tools / tool).symlink_to(shutil.which(tool) or "")
    other = tools / "python3"
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    make = shutil.which("make") or ""
    refused = subprocess.run(
        [make, ".venv/bin/python"],
        cwd=clone,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert "Python 3.11 is needed" in refused.stderr
    assert not (clone / ".venv").exists()


def test_one_setting_installs_torch_for_a_card_and_gives_it_to_the_llm(clone: Path):
    """Otherwise `make full_start` leaves the card unused, or starts without CUDA's libraries."""
    (clone / ".env").write_text("TORCH_BUILD=cu130\n")
    (clone / "docker-compose.override.yaml").touch()
    default = {"TORCH_INDEX_URL": "https://download.pytorch.org/whl/cu130"}
    images = _make(clone, "--dry-run", "build_torch_image", **default).stdout
    assert re.search(r'TORCH_VERSION="[\d.]+\+cu130"', images)
    for target in ("build_llm_image", "up", "down"):
        commands = _make(clone, "--dry-run", target, **default).stdout
        files = "docker-compose.yaml --file deploy/card.yaml --file docker-compose.override.yaml"
        assert f"docker compose --file {files} " in commands
    assert "--no-deps" not in _make(clone, "--dry-run", ".venv/services").stdout.split("torch==")[0]
