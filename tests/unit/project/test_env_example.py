"""`.env.example`, the settings classes and docker-compose.yaml agree."""

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

READ_BY_OBSTORE = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
}
"""Of the backend; without a default, because an empty one would stand for no credentials."""

READ_BY_OPENTELEMETRY = {
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
}

ONLY_FOR_MAKE = {"TORCH_BUILD", "INSTALL_ONNX"}


def _variables(settings: type[BaseSettings]) -> set[str]:
    return {name.upper() for name in settings.model_fields}


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """The file's values, with references such as ${BACKEND_PORT} resolved from the file alone."""
    for name in re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE):
        monkeypatch.delenv(name, raising=False)
    return dotenv_values(stream=io.StringIO(EXAMPLE))


def test_example_has_every_setting_and_no_other(example: dict[str, str | None]):
    """A missing line hides a setting from users; an extra one has no effect."""
    known = set().union(*map(_variables, SERVICES.values()))
    assert example.keys() == known | ONLY_FOR_CONTAINERS | ONLY_FOR_MAKE


@pytest.mark.parametrize("service", SERVICES)
def test_example_has_the_default_values(
    service: str, example: dict[str, str | None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Otherwise `make update_env_file` changes how the services work."""
    monkeypatch.chdir(tmp_path)
    defaults = SERVICES[service]()
    for name, value in example.items():
        monkeypatch.setenv(name, value or "")
    assert SERVICES[service]() == defaults


@pytest.mark.parametrize("service", SERVICES)
def test_comment_begins_with_the_description_of_the_field(service: str):
    """Otherwise the file and the class explain one setting in two ways."""
    for name, field in SERVICES[service].model_fields.items():
        above = re.search(rf"((?:^# .*\n)+){name.upper()}=", EXAMPLE, re.MULTILINE)
        assert above, name
        comment = " ".join(line.removeprefix("# ") for line in above[1].splitlines())
        assert comment.startswith(field.description or " "), name


def test_every_variable_has_a_comment_above_it():
    lines = EXAMPLE.splitlines()
    for above, line in pairwise(lines):
        if re.match(r"\w+=", line):
            assert above.startswith("# "), line
            assert above.endswith("."), line


@pytest.mark.parametrize("service", SERVICES)
def test_containers_receive_every_setting(service: str):
    """Otherwise an environment variable has no effect in Docker."""
    block = re.search(rf"^  {service}:\n((?:    .*\n|\n)+)", COMPOSE, re.MULTILINE)
    assert block
    passed = set(re.findall(r"^      ([A-Z][A-Z0-9_]+):", block[1], re.MULTILINE))
    dockerfile = (ROOT / "deploy" / f"{service}.Dockerfile").read_text()
    fixed = set(re.findall(r"(?:ENV|^   ) ([A-Z][A-Z0-9_]+)=", dockerfile, re.MULTILINE))
    others = READ_BY_OPENTELEMETRY | (READ_BY_OBSTORE if service == "backend" else set())
    assert passed | fixed == _variables(SERVICES[service]) | others
    assert not passed & fixed


def test_compose_and_example_agree_on_the_default_limits(example: dict[str, str | None]):
    for name in ONLY_FOR_CONTAINERS:
        assert f"${{{name}:-{example[name]}}}" in COMPOSE
