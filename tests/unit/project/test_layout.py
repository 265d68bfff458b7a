"""The fixed top level of the repository, the runners and the Dockerfiles are in place."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "name",
    [
        "deploy", "runners", "src", "data/README.md", "artefacts", "req_backend.txt",
        "req_frontend.txt", "req_llm.txt", "docker-compose.yaml", "Makefile", ".env.example",
        "README.md", "LICENSE", ".ci/run",
        *(f"deploy/{image}.Dockerfile" for image in
          ("base", "torch", "backend", "frontend", "llm")),
    ],
)  # fmt: skip
def test_top_level_file_exists(name: str):
    assert (ROOT / name).exists()


@pytest.mark.parametrize(
    "name", ["run_all", "run_llm", "run_llm_ray", "run_backend", "run_frontend", "stop_all"]
)
def test_runner_is_executable_and_stops_at_the_first_error(name: str):
    runner = ROOT / "runners" / f"{name}.sh"
    assert os.access(runner, os.X_OK)
    assert "set -euo pipefail" in runner.read_text()


@pytest.mark.parametrize("dockerfile", sorted((ROOT / "deploy").rglob("*.Dockerfile")))
def test_image_builds_without_a_registry_frontend_and_runs_unprivileged(dockerfile: Path):
    """A `# syntax=` line makes Docker download a frontend image before every build."""
    lines = dockerfile.read_text().splitlines()
    assert not any(line.startswith("# syntax=") for line in lines)
    if dockerfile.stem in ("backend", "frontend", "llm"):
        last_stage = "\n".join(lines).rpartition("\nFROM ")[2]
        assert "\nUSER app\n" in last_stage
        assert "\nHEALTHCHECK " in last_stage
