"""The interface of inference engines.

A new engine is a package with an `EngineLoader`, and a line in the registry. Only that package
imports the engine's library. An engine is called from one thread at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from contracts.models import ComputeSettings, ModelCapabilities, ModelIdentity
from contracts.options import ChunkOptions
from contracts.transcription import ChunkSegment, DecodingAttempt

Samples = NDArray[np.float32]
"""Shape (n_samples,), float32 in [-1, 1], mono, 16 kHz."""


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """Which of the networks in a folder belong to a model in ONNX format.

    Attributes:
        model_type: onnx-asr's name of the architecture.
        quantization: `int8`; None: float32.
    """

    model_type: str
    quantization: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model on disk.

    Attributes:
        name: as in `LLM_MODELS`; of a local folder, the folder's name.
        revision: hub commit, or the SHA-256 of the weights.
        folder: contains the checkpoint.
        onnx: the networks in it; None: a checkpoint in transformers' layout.
        size_bytes: of the files with the weights.
    """

    name: str
    revision: str
    folder: Path
    onnx: OnnxModel | None = None
    size_bytes: int = 0


class ComputeType(StrEnum):
    """The precision of the weight matrices."""

    AUTO = "auto"
    INT8 = "int8"
    BF16 = "bf16"
    FP32 = "fp32"


class EncoderType(StrEnum):
    """The precision of the encoder.

    The weights are int8 with `int8` and `w8a8`. What they are multiplied with, the activations, is
    rounded to int8 as well: with `int8` inside the product, 32 numbers by a scale of their own, and
    only where the processor has instructions for it; with `w8a8` before it, each frame by a scale
    of its own, so that the whole product is computed in integers.
    """

    AUTO = "auto"
    INT8 = "int8"
    W8A8 = "w8a8"
    BF16 = "bf16"
    FP32 = "fp32"

    @property
    def weights(self) -> ComputeType:
        """Return the precision of the weight matrices."""
        return ComputeType.INT8 if self is EncoderType.W8A8 else ComputeType(self)


class KeyValueType(StrEnum):
    """The precision of the keys and values of the cross-attention."""

    AUTO = "auto"
    BF16 = "bf16"
    FP32 = "fp32"


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Where and how an engine runs.

    Attributes:
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        threads: CPU threads; at least 1.
        cache_dir: folder for files that an engine derives from a checkpoint.
        compute_type: precision, for engines that offer a choice; `auto`: the fastest, measured.
        encoder_type: precision of the encoder, if not that of `compute_type`.
        key_value_type: precision of the keys and values, if not that of `compute_type`.
        max_rows: most chunks that are decoded side by side; 0: as many as are fastest, measured.
        assistant: a smaller model that may draft texts.
        draft_tokens: that it proposes for each step; 0: none; None: as is fastest, measured.
    """

    device: str
    threads: int
    cache_dir: Path
    compute_type: ComputeType = ComputeType.AUTO
    encoder_type: EncoderType = EncoderType.AUTO
    key_value_type: KeyValueType = KeyValueType.AUTO
    max_rows: int = 0
    assistant: Checkpoint | None = None
    draft_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """The recognised speech of one chunk.

    Attributes:
        language: code of the decoded language; detected if the options say `auto`.
        language_probability: in [0, 1], according to the model.
        segments: in order, without overlaps; times in seconds from the chunk's start, never
            past its end. Empty if the chunk contains no speech.
        detected_language: code of the language that the speech sounds like, whatever the options
            say; None: unknown.
        detected_language_probability: of that one.
        attempts: passes of the decoder; the transcript comes from the one that is `kept`.
        hallucination_suppressed: whether a text was dropped because the model makes it up in
            silence.
    """

    language: str
    language_probability: float
    segments: list[ChunkSegment]
    detected_language: str | None = None
    detected_language_probability: float = 0.0
    attempts: list[DecodingAttempt] = field(default_factory=list[DecodingAttempt])
    hallucination_suppressed: bool = False


BetweenSteps = Callable[[], None]
"""Called by an engine between the steps of a batch; it may use the engine for another one."""


def do_nothing() -> None:
    """Do nothing between the steps of a batch."""


class CheckpointError(Exception):
    """A checkpoint cannot be loaded; the message tells the operator why."""


class SpeechEngine(Protocol):
    """A loaded model."""

    @property
    def identity(self) -> ModelIdentity:
        """Return the model and its device, for the transcripts."""
        ...

    @property
    def compute(self) -> ComputeSettings | None:
        """Return how the engine computes, if it has a choice."""
        ...

    @property
    def capabilities(self) -> ModelCapabilities:
        """Return what the model can do; it is asked for nothing else."""
        ...

    @property
    def parallel_audio_s(self) -> float:
        """Return how many seconds of long chunks are computed side by side."""
        ...

    def transcribe(
        self,
        chunks: Sequence[Samples],
        options: ChunkOptions,
        between_steps: BetweenSteps = do_nothing,
    ) -> list[ChunkResult]:
        """Recognise a batch of chunks that share their options.

        Args:
            chunks: each at least one sample and at most 30 seconds.
            options: for every chunk; with the language `auto`, it is detected per chunk. With
                `language_only` nothing else is done, and there are no segments.
            between_steps: called as often as the engine can, so that a batch of other chunks need
                not wait for this one.

        Returns:
            One result per chunk, in the same order.
        """
        ...

    def close(self) -> None:
        """Free the memory; do not use the engine afterwards."""
        ...


class WordPunctuator(Protocol):
    """A loaded model that punctuates words which another one recognised."""

    @property
    def identity(self) -> ModelIdentity:
        """Return the model and its device."""
        ...

    def punctuate(
        self, chunks: Sequence[Samples], words: Sequence[Sequence[str]], language: str
    ) -> list[list[str]]:
        """Add capitals and marks to the words of a batch of chunks.

        Args:
            chunks: each at least one sample and at most 30 seconds.
            words: of each chunk, at least one, without spaces.
            language: code of the language of all of them.

        Returns:
            The words of each chunk: as many as were given, each with marks after it or none.
        """
        ...

    def close(self) -> None:
        """Free the memory; do not use the model afterwards."""
        ...


@runtime_checkable
class PunctuationEngine(SpeechEngine, WordPunctuator, Protocol):
    """A speech model that punctuates words by their sound."""


@runtime_checkable
class AssistedEngine(SpeechEngine, Protocol):
    """A loaded model that may have a smaller one to help it."""

    @property
    def assistant(self) -> SpeechEngine | None:
        """Return the smaller model; None: there is none. It is closed with this engine."""
        ...


EngineLoader = Callable[[Checkpoint, EngineOptions], SpeechEngine]
"""Load a checkpoint, or raise CheckpointError."""
