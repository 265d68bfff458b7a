"""What the user named is where the user put it."""

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
def test_fixed_top_level_is_there(name: str):
    assert (ROOT / name).exists()


@pytest.mark.parametrize("name", ["run_all", "run_llm", "run_backend", "run_frontend", "stop_all"])
def test_runners_can_be_run_and_stop_at_the_first_error(name: str):
    runner = ROOT / "runners" / f"{name}.sh"
    assert os.access(runner, os.X_OK)
    assert "set -euo pipefail" in runner.read_text()


@pytest.mark.parametrize("dockerfile", sorted((ROOT / "deploy").glob("*.Dockerfile")))
def test_images_build_without_the_network_of_a_registry_front_end(dockerfile: Path):
    """A `# syntax=` line would fetch an image of Docker's before anything is built."""
    lines = dockerfile.read_text().splitlines()
    assert not any(line.startswith("# syntax=") for line in lines)
    if dockerfile.stem in ("backend", "frontend", "llm"):
        last_stage = "\n".join(lines).rpartition("\nFROM ")[2]
        assert "\nUSER app\n" in last_stage
        assert "\nHEALTHCHECK " in last_stage
