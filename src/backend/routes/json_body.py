"""Reads small JSON bodies, and reports their invalid fields."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from backend.errors import BadRequestError
from backend.routes.request_body import small_body_of

_MAX_BYTES = 2**20
"""A whole glossary with escaped letters fits."""

ModelT = TypeVar("ModelT", bound=BaseModel)


def json_body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the OpenAPI fields of a route that reads its body by `json_body_of`."""
    content = {"application/json": {"schema": inline_schema(model)}}
    return {"requestBody": {"required": True, "content": content}}


def inline_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's schema for OpenAPI; the enums in it must be among the components."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


async def json_body_of(request: Request, model: type[ModelT]) -> ModelT:
    """Read and validate the body of a request.

    Raises:
        BadRequestError: it is not JSON.
        RequestValidationError: a field is invalid.
        TooLargeError: it is larger than 1 MiB.
    """
    body = await small_body_of(request, _MAX_BYTES)
    with request_validation():
        return model.model_validate_json(body)


@contextmanager
def request_validation() -> Generator[None]:
    """Turn pydantic's errors into those that FastAPI raises for a request."""
    try:
        yield
    except ValidationError as error:
        lines = error.errors(include_url=False, include_context=False, include_input=False)
        if any(line["type"] == "json_invalid" for line in lines):
            raise BadRequestError("The body is not JSON.") from None
        raise RequestValidationError(
            [{**line, "loc": ("body", *line["loc"])} for line in lines]
        ) from None
