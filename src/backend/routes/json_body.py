"""Bodies in JSON that have to be small, and what is wrong with them."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from backend.errors import BadRequestError
from backend.routes.request_body import small_body_of

_MAX_BYTES = 64 * 2**10

ModelT = TypeVar("ModelT", bound=BaseModel)


def json_body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return what a route that calls `json_body_of` adds to OpenAPI."""
    content = {"application/json": {"schema": inline_schema(model)}}
    return {"requestBody": {"required": True, "content": content}}


def inline_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return a model's schema for OpenAPI; the enums in it must be among the components."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema


async def json_body_of(request: Request, model: type[ModelT]) -> ModelT:
    """Return the body of a request.

    Raises:
        BadRequestError: it is not JSON.
        RequestValidationError: a field is wrong.
        TooLargeError: it is not small.
    """
    body = await small_body_of(request, _MAX_BYTES)
    with invalid_fields_told():
        return model.model_validate_json(body)


@contextmanager
def invalid_fields_told() -> Generator[None]:
    """Answer what pydantic finds as FastAPI answers what it finds itself."""
    try:
        yield
    except ValidationError as error:
        lines = error.errors(include_url=False, include_context=False, include_input=False)
        if any(line["type"] == "json_invalid" for line in lines):
            raise BadRequestError("The body is not JSON.") from None
        raise RequestValidationError(
            [{**line, "loc": ("body", *line["loc"])} for line in lines]
        ) from None
