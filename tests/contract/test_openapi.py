"""The HTTP contracts as clients were written against them; a change has to be meant.

When it is: `PYTHONPATH=src:tests .venv/bin/python -m contract.test_openapi` writes the
snapshots again, and the difference is read in review.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.app import create_app as create_backend
from backend.settings import BackendSettings
from llm.app import create_app as create_llm
from llm.settings import LlmSettings

Contract = dict[str, Any]

CURRENT: dict[str, Callable[[], Contract]] = {
    "backend": lambda: create_backend(BackendSettings(_env_file=None)).openapi(),
    "llm": lambda: create_llm(LlmSettings(_env_file=None)).openapi(),
}


def snapshot_of(service: str) -> Path:
    return Path(__file__).with_name(f"{service}_openapi.json")


def as_text(contract: Contract) -> str:
    return json.dumps(contract, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@pytest.fixture(params=list(CURRENT))
def service(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def contract(service: str) -> Contract:
    return CURRENT[service]()


def test_the_contract_has_not_changed_by_accident(service: str, contract: Contract) -> None:
    assert as_text(contract) == snapshot_of(service).read_text("utf-8")


def resolved(contract: Contract, answer: dict[str, Any]) -> dict[str, Any]:
    """Return a response or the one that it refers to."""
    name = answer.get("$ref", "").rpartition("/")[2]
    return contract["components"]["responses"][name] if name else answer


def test_every_reference_leads_somewhere(contract: Contract) -> None:
    references = set(re.findall(r'"#/components/(\w+)/([^"]+)"', json.dumps(contract)))
    assert {kind for kind, _ in references} == {"headers", "responses", "schemas"}
    assert [each for each in references if each[1] not in contract["components"][each[0]]] == []


def test_the_edge_is_declared_on_every_operation(contract: Contract) -> None:
    """A generated client drops headers and fails on statuses that are not declared."""
    for operations in contract["paths"].values():
        for method, operation in operations.items():
            responses = {
                status: resolved(contract, answer)
                for status, answer in operation["responses"].items()
            }
            assert ("403" in responses) >= (method in {"post", "patch", "put", "delete"})
            assert "421" in responses
            assert all("X-Request-ID" in answer["headers"] for answer in responses.values())
            if operation.get("security"):
                assert "WWW-Authenticate" in responses["401"]["headers"]
                assert "Retry-After" in responses["429"]["headers"]


def test_the_document_stays_the_same_when_it_is_asked_for_again() -> None:
    app = create_backend(BackendSettings(_env_file=None))
    assert as_text(app.openapi()) == as_text(app.openapi())


def test_every_error_is_declared_as_a_problem_and_as_nothing_else(contract: Contract) -> None:
    errors = [
        (path, method, status, list(resolved(contract, answer)["content"]))
        for path, operations in contract["paths"].items()
        for method, operation in operations.items()
        for status, answer in operation["responses"].items()
        if status >= "400" and not path.startswith(("/health", "/v1/audio"))
    ]
    assert errors
    assert [one for one in errors if one[3] != ["application/problem+json"]] == []


def test_a_chunk_can_fail_in_all_the_ways_that_are_declared() -> None:
    responses = CURRENT["llm"]()["paths"]["/v1/transcribe"]["post"]["responses"]
    assert set(responses) == {"200", "400", "403", "404", "413", "421", "422", "500", "502", "503"}


@pytest.mark.parametrize("media_type", ["multipart/form-data", "application/json"])
def test_both_ways_to_send_a_recording_name_every_option(media_type: str) -> None:
    contract = CURRENT["backend"]()
    body = contract["paths"]["/v1/transcriptions"]["post"]["requestBody"]["content"]
    properties = set(body[media_type]["schema"]["properties"])
    assert {"language", "task", "normalization", "target_lufs", "chunk_length_s"} <= properties
    assert {"file", "upload_id"} & properties


def test_uploads_declare_the_headers_of_tus() -> None:
    """Otherwise a client made from the document cannot announce, resume or check an upload."""
    paths = CURRENT["backend"]()["paths"]
    sent = {
        (method, header["name"])
        for path in ("/v1/uploads/", "/v1/uploads/{upload_id}")
        for method, operation in paths[path].items()
        for header in operation.get("parameters", [])
        if header["in"] == "header"
    }
    assert {
        ("post", "Tus-Resumable"), ("post", "Upload-Length"), ("post", "Upload-Defer-Length"),
        ("post", "Upload-Metadata"), ("post", "Upload-Concat"), ("post", "Upload-Checksum"),
        ("patch", "Upload-Offset"), ("patch", "Upload-Checksum"), ("head", "Tus-Resumable"),
    } <= sent  # fmt: skip
    created = paths["/v1/uploads/"]["post"]["responses"]["201"]["headers"]
    assert {"Location", "Tus-Resumable", "Upload-Offset", "Upload-Expires"} <= set(created)
    options = paths["/v1/uploads/{upload_id}"]["options"]["responses"]["204"]["headers"]
    assert {"Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"} <= set(options)


if __name__ == "__main__":
    for name, current in CURRENT.items():
        snapshot_of(name).write_text(as_text(current()), "utf-8")
