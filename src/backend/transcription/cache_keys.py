"""Compute the keys under which results are stored and found again."""

import hashlib

from contracts.models import ModelIdentity
from contracts.transcription import DecodingOptions, TranscribeOptions


def options_key(options: TranscribeOptions) -> str:
    """Return a key that is equal for options with the same transcript."""
    not_in_result = {"force", "low_latency", "word_timestamps"}
    return _digest(options.model_dump_json(exclude=not_in_result).encode())


def chunk_key(pcm: bytes, options: DecodingOptions, model: ModelIdentity, only_for: str) -> str:
    """Return a key that is equal for chunks with the same transcript.

    Args:
        pcm: the samples as sent to the llm.
        only_for: id of a job that must not use the chunks of others; empty: any may.
    """
    prefix = f"{model.name}\n{model.revision}\n{only_for}\n"
    return _digest(prefix.encode() + options.model_dump_json().encode() + b"\n" + pcm)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
