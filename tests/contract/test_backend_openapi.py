"""The backend's HTTP contract as it was agreed; a change of it has to be meant.

When it is: `python tests/contract/test_backend_openapi.py` with `PYTHONPATH=src` writes
the new snapshot, and the difference is read in review.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.app import create_app
from backend.settings import BackendSettings

SNAPSHOT = Path(__file__).with_name("backend_openapi.json")


def openapi() -> dict[str, Any]:
    return create_app(BackendSettings(_env_file=None)).openapi()


def as_text(contract: dict[str, Any]) -> str:
    return json.dumps(contract, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def test_the_contract_has_not_changed_by_accident() -> None:
    assert as_text(openapi()) == SNAPSHOT.read_text("utf-8")


def test_every_reference_leads_somewhere() -> None:
    contract = openapi()
    references = {
        part.split('"')[0]
        for part in json.dumps(contract).split('"$ref": "#/components/schemas/')[1:]
    }
    assert references <= set(contract["components"]["schemas"])


@pytest.mark.parametrize("media_type", ["multipart/form-data", "application/json"])
def test_both_ways_to_send_a_recording_name_every_option(media_type: str) -> None:
    body = openapi()["paths"]["/v1/transcriptions"]["post"]["requestBody"]["content"]
    properties = set(body[media_type]["schema"]["properties"])
    assert {"language", "task", "normalization", "target_lufs", "chunk_length_s"} <= properties
    assert {"file", "upload_id"} & properties


def test_every_error_is_declared_as_a_problem() -> None:
    for path, operations in openapi()["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                is_error = status >= "400" and not path.startswith("/health")
                assert not is_error or "application/problem+json" in answer["content"], (
                    path,
                    method,
                    status,
                )


if __name__ == "__main__":
    SNAPSHOT.write_text(as_text(openapi()), "utf-8")
