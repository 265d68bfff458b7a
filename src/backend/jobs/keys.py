"""What makes two pieces of work the same, so that it is done once."""

import hashlib

from contracts.models import ModelIdentity
from contracts.transcription import DecodingOptions, TranscribeOptions


def options_key(options: TranscribeOptions) -> str:
    """Return a text that is equal for options that give the same transcript."""
    return _digest(options.model_dump_json(exclude={"force"}).encode())


def chunk_key(pcm: bytes, options: DecodingOptions, model: ModelIdentity, only_for: str) -> str:
    """Return a text that is equal for chunks that get the same answer.

    Args:
        pcm: what the llm is sent.
        only_for: a job that must not use what others found; empty: any may.
    """
    made_by = f"{model.name}\n{model.revision}\n{only_for}\n"
    return _digest(made_by.encode() + options.model_dump_json().encode() + b"\n" + pcm)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
