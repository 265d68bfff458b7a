"""What an inference engine is: this, and a line in the registry, is all a new one needs.

An engine is a module with a function of the form `EngineLoader`. Only the module itself
knows its library's spellings. It is called from one thread at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.models import ModelIdentity
from contracts.transcription import ChunkSegment, DecodingAttempt, DecodingOptions

Samples = NDArray[np.float32]
"""Shape (n_samples,), float32 in [-1, 1], mono, 16 kHz."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model on disk.

    Attributes:
        name: as in `LLM_MODEL`.
        revision: hub commit, or the SHA-256 of the weights.
        folder: holds a checkpoint in transformers' layout.
    """

    name: str
    revision: str
    folder: Path


class ComputeType(StrEnum):
    """The precision of the matrices.

    `int8` weights are computed with in int8 where the processor has instructions for it,
    and in floats elsewhere.
    """

    AUTO = "auto"
    INT8 = "int8"
    BF16 = "bf16"
    FP32 = "fp32"


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine runs on.

    Attributes:
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: of the processor; at least 1.
        cache_dir: where an engine keeps what it made of a checkpoint.
        compute_type: precision, of an engine that offers a choice.
    """

    device: str
    threads: int
    cache_dir: Path
    compute_type: ComputeType = ComputeType.AUTO


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What was said in one chunk.

    Attributes:
        language: the language decoded in, found by the model when `auto` was asked for.
        language_probability: in [0, 1], as the model sees it.
        segments: in order, not overlapping, times in seconds from the chunk's start and
            never past its end; none, when the chunk holds no speech.
        attempts: how it was decoded, one of them kept.
        hallucination_suppressed: whether a text was dropped because the model makes it up in
            silence.
    """

    language: str
    language_probability: float
    segments: list[ChunkSegment]
    attempts: list[DecodingAttempt] = field(default_factory=list[DecodingAttempt])
    hallucination_suppressed: bool = False


class CheckpointError(Exception):
    """A checkpoint cannot be loaded; the message says why, in words for the operator."""


class SpeechEngine(Protocol):
    """A loaded model."""

    @property
    def identity(self) -> ModelIdentity:
        """Which model this is, and where it runs; it stands in every transcript."""
        ...

    def transcribe(self, chunks: Sequence[Samples], options: DecodingOptions) -> list[ChunkResult]:
        """Recognise a batch of chunks that share their options.

        Args:
            chunks: each at least one sample, and at most 30 seconds.
            options: hold for every chunk; with the language `auto`, it is found for each
                chunk by itself.

        Returns:
            One result a chunk, in the same order.
        """
        ...

    def close(self) -> None:
        """Free the memory; the engine is not called again."""
        ...


EngineLoader = Callable[[Checkpoint, EngineOptions], SpeechEngine]
"""Loads a checkpoint. Raises CheckpointError when that is not possible."""
