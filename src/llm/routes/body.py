"""Reads the bodies of requests, up to a limit."""

import numpy as np
from fastapi import Request

from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from llm.engines.protocol import Samples
from llm.errors import EmptyAudioError, TooLongError, UnreadableAudioError

MAX_PCM_BYTES = int(MAX_CHUNK_S * SAMPLE_RATE) * SAMPLE_WIDTH_BYTES

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
