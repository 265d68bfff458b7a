"""Reads the bodies of requests, up to a limit."""

from typing import TypeVar

import numpy as np
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from llm.engines.protocol import Samples
from llm.errors import EmptyAudioError, TooLongError, UnreadableAudioError

ModelT = TypeVar("ModelT", bound=BaseModel)

MAX_PCM_BYTES = int(MAX_CHUNK_S * SAMPLE_RATE) * SAMPLE_WIDTH_BYTES

MAX_JSON_BYTES = 3 * MAX_PCM_BYTES
"""PCM in base64 has 4/3 of its bytes; all else in a body is far below the rest."""

_TOO_LONG = f"A chunk may last at most {MAX_CHUNK_S:.0f} seconds."


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the whole body.

    Raises:
        TooLongError: it has more bytes than the longest chunk needs.
    """
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > max_bytes:
            raise TooLongError(_TOO_LONG)
    return bytes(body)


async def read_json(request: Request, model: type[ModelT]) -> ModelT:
    """Read and validate a JSON body that contains a chunk.

    Raises:
        TooLongError: it has more bytes than the longest chunk needs.
        RequestValidationError: a field is invalid.
    """
    body = await read_body(request, MAX_JSON_BYTES)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        # without the input: it is private
        lines = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**line, "loc": ("body", *line["loc"])} for line in lines]
        ) from None


def to_samples(pcm: bytes) -> Samples:
    """Convert PCM s16le to samples in [-1, 1].

    Raises:
        EmptyAudioError: there are no samples.
        UnreadableAudioError: the last sample is not whole.
        TooLongError: the chunk is longer than the model's window.
    """
    if not pcm:
        raise EmptyAudioError("The body is empty.")
    if len(pcm) % SAMPLE_WIDTH_BYTES:
        raise UnreadableAudioError("The body ends in the middle of a sample: its length is odd.")
    if len(pcm) > MAX_PCM_BYTES:
        raise TooLongError(_TOO_LONG)
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
