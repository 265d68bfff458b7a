"""Completes the OpenAPI document with what the edge adds to every operation."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from contracts.hosts import SAFE_METHODS
from contracts.problems import Problem, ProblemType
from servicekit.problems import REQUEST_ID_HEADER, problem_responses

_HEADERS = {
    REQUEST_ID_HEADER: "Id of the request, which stands in the log, too.",
    "Retry-After": "Seconds after which to try again.",
    "WWW-Authenticate": "How to send the key (RFC 6750).",
}
_HEADERS_OF_STATUS = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}
_EDGE_PROBLEMS = {"403": ProblemType.CROSS_ORIGIN, "421": ProblemType.UNKNOWN_HOST}


def declare_edge(app: FastAPI) -> None:
    """Add to the app's OpenAPI the schema of problems, and the edge's responses and headers.

    FastAPI adds the schema of a response's `model`, but declares it as `application/json` too.
    """
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        nested = schema.pop("$defs")
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update({**nested, Problem.__name__: schema})
        components["headers"] = response_headers(_HEADERS)
        components["responses"] = {
            status: {**problem_responses(kind)[kind.status], "headers": _references(status)}
            for status, kind in _EDGE_PROBLEMS.items()
        }
        for path in document["paths"].values():
            for method, operation in path.items():
                _complete(operation["responses"], method)
        return document

    app.openapi = openapi


def response_headers(descriptions: Mapping[str, str]) -> dict[str, Any]:
    """Return the OpenAPI headers of a response.

    Args:
        descriptions: name of each header to what it says.
    """
    return {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in descriptions.items()
    }


def _complete(responses: dict[str, Any], method: str) -> None:
    for status, response in responses.items():
        if "$ref" not in response:  # FastAPI keeps the document, and this runs at each call
            response.setdefault("headers", {}).update(_references(status))
    responses.setdefault("421", {"$ref": "#/components/responses/421"})
    if method.upper() not in SAFE_METHODS:
        responses.setdefault("403", {"$ref": "#/components/responses/403"})


def _references(status: str) -> dict[str, Any]:
    """Return the headers that the edge adds to responses of a status."""
    names = [REQUEST_ID_HEADER]
    if status in _HEADERS_OF_STATUS:
        names.append(_HEADERS_OF_STATUS[status])
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
