"""Compute the keys under which results are stored and found again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from backend.pipeline.spans import TimeSpan
from contracts.audio import NormalizationOptions
from contracts.models import ModelIdentity
from contracts.options import DecodingOptions, TranscribeOptions


def options_key(options: TranscribeOptions) -> str:
    """Return a key that is equal for options with the same transcript."""
    not_in_result = {"force", "low_latency", "word_timestamps"}
    return _digest(options.model_dump_json(exclude=not_in_result).encode())


@dataclass(frozen=True)
class ChunkContent:
    """Everything in a chunk that its text depends on.

    Attributes:
        pcm: the samples as sent to the llm.
        lead: the samples before it, which may be decoded with it.
        speech: the speech spans, in seconds of the chunk.
        normalization: the options that give a part of it another gain.
        version: of the way in which chunks are recognized.
    """

    pcm: bytes
    lead: bytes
    speech: Sequence[TimeSpan]
    normalization: NormalizationOptions
    version: int


def chunk_key(
    content: ChunkContent, options: DecodingOptions, model: ModelIdentity, only_for: str
) -> str:
    """Return a key that is equal for chunks with the same text.

    Args:
        only_for: id of a job that must not use the chunks of others; empty: any may.
    """
    lines = [
        model.name,
        model.revision,
        only_for,
        options.model_dump_json(),
        content.normalization.model_dump_json(),
        f"{content.version}",
        f"{[(span.start, span.end) for span in content.speech]}",
        f"{len(content.lead)}",
    ]
    return _digest("\n".join(lines).encode() + content.lead + content.pcm)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
