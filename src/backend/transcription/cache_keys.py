"""Compute the keys under which results are stored and found again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from backend.pipeline.spans import TimeSpan
from contracts.audio import NormalizationOptions
from contracts.models import ModelIdentity
from contracts.options import DecodingOptions, TranscribeOptions


def options_key(options: TranscribeOptions, others: Sequence[ModelIdentity] = ()) -> str:
    """Return a key that is equal for options with the same transcript by the same model.

    Args:
        others: the models for parts in other languages than the main one.
    """
    not_in_result = {"force", "low_latency", "word_timestamps", "model"}
    lines = [options.model_dump_json(exclude=not_in_result), *_weights(others)]
    return _digest("\n".join(lines).encode())


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
    content: ChunkContent,
    options: DecodingOptions,
    models: Sequence[ModelIdentity],
    only_for: str,
) -> str:
    """Return a key that is equal for chunks with the same text.

    Args:
        models: that transcribe the chunk, each the parts in its languages.
        only_for: id of a job that must not use the chunks of others; empty: any may.
    """
    lines = [
        *_weights(models),
        only_for,
        options.model_dump_json(exclude={"model"}),
        content.normalization.model_dump_json(),
        f"{content.version}",
        f"{[(span.start, span.end) for span in content.speech]}",
        f"{len(content.lead)}",
    ]
    return _digest("\n".join(lines).encode() + content.lead + content.pcm)


def _weights(models: Sequence[ModelIdentity]) -> list[str]:
    return [text for model in models for text in (model.name, model.revision)]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
