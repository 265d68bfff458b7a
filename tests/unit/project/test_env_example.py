"""`.env.example`, the settings classes and docker-compose.yaml tell the same story."""

import io
import re
from itertools import pairwise
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic_settings import BaseSettings

from backend.settings import BackendSettings
from frontend.settings import FrontendSettings
from llm.settings import LlmSettings

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, type[BaseSettings]] = {
    "frontend": FrontendSettings,
    "backend": BackendSettings,
    "llm": LlmSettings,
}
ONLY_FOR_CONTAINERS = {
    f"{service.upper()}_{limit}_LIMIT" for service in SERVICES for limit in ("MEMORY", "CPU")
}


def _variables(settings: type[BaseSettings]) -> set[str]:
    return {name.upper() for name in settings.model_fields}


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """The file's values; what one says of another is filled in from the file alone."""
    for name in re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE):
        monkeypatch.delenv(name, raising=False)
    return dotenv_values(stream=io.StringIO(EXAMPLE))


def test_example_holds_every_setting_and_nothing_else(example: dict[str, str | None]):
    """Else a setting could not be found, or one that is found would do nothing."""
    of_services = set().union(*map(_variables, SERVICES.values()))
    assert example.keys() == of_services | ONLY_FOR_CONTAINERS


@pytest.mark.parametrize("service", SERVICES)
def test_example_holds_the_defaults(
    service: str, example: dict[str, str | None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Else `make update_env_file` would change how the services work."""
    monkeypatch.chdir(tmp_path)
    defaults = SERVICES[service]()
    for name, value in example.items():
        monkeypatch.setenv(name, value or "")
    assert SERVICES[service]() == defaults


def test_every_variable_is_explained_above_it():
    lines = EXAMPLE.splitlines()
    for above, line in pairwise(lines):
        if re.match(r"\w+=", line):
            assert above.startswith("# "), line
            assert above.endswith("."), line


@pytest.mark.parametrize("service", SERVICES)
def test_containers_get_every_setting(service: str):
    """Else a variable of the environment would have no effect in Docker."""
    block = re.search(rf"^  {service}:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)
    assert block
    passed_on = set(re.findall(r"^      ([A-Z][A-Z0-9_]+):", block[1], re.MULTILINE))
    dockerfile = (ROOT / "deploy" / f"{service}.Dockerfile").read_text()
    fixed = set(re.findall(r"(?:ENV|^   ) ([A-Z][A-Z0-9_]+)=", dockerfile, re.MULTILINE))
    assert passed_on | fixed == _variables(SERVICES[service])
    assert not passed_on & fixed


def test_limits_are_used_with_the_defaults_that_are_told(example: dict[str, str | None]):
    for name in ONLY_FOR_CONTAINERS:
        assert f"${{{name}:-{example[name]}}}" in COMPOSE
