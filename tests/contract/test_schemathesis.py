"""If these fail, a service answers in a way that its OpenAPI document does not declare, or breaks.

schemathesis makes valid and invalid requests of each operation from the document, always the same
ones. More of them: `SCHEMATHESIS_EXAMPLES=200 .venv/bin/python -m pytest
tests/contract/test_schemathesis.py`.
"""

import os
from collections.abc import Iterator

import pytest

from clients.installed import run_schemathesis
from testbed.services import Service, Services, running_service

pytestmark = pytest.mark.slow

N_EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "1")
"""Random requests of each operation, beside those that cover the document's limits."""

OPTIONS = [
    "--phases=coverage,fuzzing", f"--max-examples={N_EXAMPLES}", "--generation-deterministic",
    "--no-shrink", "--checks=not_a_server_error,status_code_conformance", "--continue-on-failure",
    # the llm may load the networks that tell speakers apart
    "--request-timeout=120", "--warnings=off", "--no-color",
]  # fmt: skip


@pytest.fixture(scope="module")
def backend(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run a backend of its own, because the requests create and delete things."""
    folder = tmp_path_factory.mktemp("schemathesis")
    with running_service("backend", folder, LLM_URL=services.llm.url) as service:
        yield service


def check(service: Service) -> None:
    done = run_schemathesis(service.url, *OPTIONS)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " generated, " in done.stdout


def test_the_backend_answers_as_it_declares(backend: Service) -> None:
    check(backend)


def test_the_llm_answers_as_it_declares(services: Services) -> None:
    check(services.llm)
