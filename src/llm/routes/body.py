"""Reads the bodies of requests, up to a limit."""

from typing import Any, TypeVar

import numpy as np
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from llm.engines.protocol import Samples
from llm.errors import EmptyAudioError, TooLongError, UnreadableAudioError

ModelT = TypeVar("ModelT", bound=BaseModel)

_JSON_OVERHEAD = 3
"""Bytes of a JSON body for each of PCM, at most: base64 takes 4/3, and all else is far below."""


def pcm_body(max_s: float) -> dict[str, Any]:
    """Return how OpenAPI describes a body of PCM.

    Args:
        max_s: longest audio in seconds.
    """
    return {
        "requestBody": {
            "required": True,
            "description": f"PCM s16le, mono, {SAMPLE_RATE} Hz, at most {max_s:.0f} seconds.",
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}
            },
        }
    }


async def read_pcm(request: Request, max_s: float) -> bytes:
    """Return the whole body, which is PCM.

    Args:
        max_s: longest audio in seconds.

    Raises:
        TooLongError: it has more bytes than the longest audio.
    """
    return await _read(request, _n_bytes(max_s), max_s)


async def read_json(request: Request, model: type[ModelT]) -> ModelT:
    """Read and validate a JSON body that contains a chunk.

    Raises:
        TooLongError: it has more bytes than the longest chunk needs.
        RequestValidationError: a field is invalid.
    """
    body = await _read(request, _JSON_OVERHEAD * _n_bytes(MAX_CHUNK_S), MAX_CHUNK_S)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        # without the input: it is private
        lines = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**line, "loc": ("body", *line["loc"])} for line in lines]
        ) from None


def to_samples(pcm: bytes, max_s: float = MAX_CHUNK_S) -> Samples:
    """Convert PCM s16le to samples in [-1, 1].

    Args:
        max_s: longest audio in seconds.

    Raises:
        EmptyAudioError: there are no samples.
        UnreadableAudioError: the last sample is not whole.
        TooLongError: the audio is longer.
    """
    if not pcm:
        raise EmptyAudioError("The body is empty.")
    if len(pcm) % SAMPLE_WIDTH_BYTES:
        raise UnreadableAudioError("The body ends in the middle of a sample: its length is odd.")
    if len(pcm) > _n_bytes(max_s):
        raise _too_long(max_s)
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)


async def _read(request: Request, max_bytes: int, max_s: float) -> bytes:
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > max_bytes:
            raise _too_long(max_s)
    return bytes(body)


def _n_bytes(seconds: float) -> int:
    return int(seconds * SAMPLE_RATE) * SAMPLE_WIDTH_BYTES


def _too_long(max_s: float) -> TooLongError:
    return TooLongError(f"The audio may last at most {max_s:.0f} seconds.")
