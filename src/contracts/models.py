"""The speech models, and the health of the services."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field


class ModelIdentity(BaseModel):
    """The model, its revision and its engine, as recorded with a transcript."""

    name: str = Field(description="Hub id, `embedded/…`, or the name of a local folder.")
    revision: str = Field(description="Hub commit, or the checkpoint's SHA-256.")
    engine: str = Field(description="Name of the inference engine.")
    device: str = Field(description="Device it ran on: `cpu`, `cuda:0`, …")

    def has_weights_of(self, other: "ModelIdentity") -> bool:
        """Return whether it is the same model, perhaps on another engine or device."""
        return (self.name, self.revision) == (other.name, other.revision)


class ComputeSettings(BaseModel):
    """How an engine computes: as fast as was measured on this processor, or as it is set."""

    encoder: str = Field(description="Precision of the encoder: `w8a8`, `bf16`, …")
    decoder: str = Field(description="Precision of the decoder's weights.")
    key_value: str = Field(description="Precision of the cross-attention's keys and values.")
    max_rows: int = Field(description="Most chunks that are decoded side by side.")
    draft_tokens: int = Field(
        default=0,
        description="Tokens that a smaller model proposes for each step of the decoder; 0: none, "
        "one token is written in a step.",
    )
    draft_break_even: float = Field(
        default=0.0,
        description="Tokens that a step has to write, on average, for drafts to save time.",
    )
    measured_rtf: dict[str, float] = Field(
        default_factory=dict,
        description="Seconds of processing per second of audio, for each candidate that was "
        "measured.",
    )


class ModelCapabilities(BaseModel):
    """What a model can do; requests for anything else are refused."""

    languages: list[str] = Field(description="Codes of the languages that it recognises.")
    detects_language: bool = Field(description="Whether it detects the language.")
    punctuation: bool | None = Field(
        description="Whether it writes punctuation and capitals; null: that depends on what it was "
        "trained on."
    )
    translate: bool = Field(description="Whether it translates to English.")
    prompt: bool = Field(description="Whether it reads a prompt.")
    beam_search: bool = Field(description="Whether it decodes with a beam wider than 1.")
    temperature: bool = Field(description="Whether it samples at a temperature.")
    max_chunk_s: float = Field(gt=0, description="Longest chunk that it recognises well, seconds.")


class ModelState(StrEnum):
    """The states of a model, from download to serving.

    Attributes:
        UNLOADED: on disk; the next request for it loads it.
    """

    FETCHING = "fetching"
    UNLOADED = "unloaded"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class ModelFailure(StrEnum):
    """Why a model failed.

    Attributes:
        HUB_UNREACHABLE: nothing was downloaded; the service tries again.
        NOT_ON_HUB: the hub has no public model, or no revision, of that name.
        DAMAGED_DOWNLOAD: a file has a wrong checksum; the service downloads it again.
        UNUSABLE: it is no checkpoint that the engine can load.
        UNEXPECTED: anything else.
    """

    HUB_UNREACHABLE = "hub_unreachable"
    NOT_ON_HUB = "not_on_hub"
    DAMAGED_DOWNLOAD = "damaged_download"
    UNUSABLE = "unusable"
    UNEXPECTED = "unexpected"


class ModelInfo(BaseModel):
    """A model in `GET /v1/models`: OpenAI's fields, then this project's."""

    id: str = Field(
        description="The model's name, as in `LLM_MODELS`; of a local folder, the folder's name."
    )
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Unix time at which it was loaded; 0: not loaded.")
    owned_by: str = Field(default="", description="Owner in the hub id.")
    state: ModelState
    is_fallback: bool = Field(
        default=False, description="Whether it replaces the configured model for now."
    )
    default_languages: list[str] = Field(
        default_factory=list[str],
        description="Codes of the languages whose speech it transcribes unless a request names "
        "another model; `*`: all languages that no other model has.",
    )
    size_bytes: int | None = Field(
        default=None, description="Size of the files with its weights; null: not known yet."
    )
    engine: str | None = None
    device: str | None = Field(default=None, description="`cpu`, `cuda:0`, …")
    revision: str | None = None
    compute: ComputeSettings | None = Field(
        default=None, description="How it computes; null: not loaded, or the engine has no choice."
    )
    capabilities: ModelCapabilities | None = Field(
        default=None, description="What it can do; null: not loaded yet."
    )
    progress: float | None = Field(
        default=None, ge=0, le=1, description="Downloaded share, while fetching."
    )
    failure: ModelFailure | None = Field(default=None, description="Why it failed.")
    detail: str | None = Field(
        default=None, description="In words: why it failed, and when the next attempt is."
    )

    @property
    def identity(self) -> ModelIdentity:
        """Return what is recorded with a transcript; what is not known yet is empty."""
        return ModelIdentity(
            name=self.id,
            revision=self.revision or "",
            engine=self.engine or "",
            device=self.device or "",
        )

    @property
    def is_available(self) -> bool:
        """Whether requests are served, at once or after it is loaded again."""
        if self.state is ModelState.LOADING:
            return self.created > 0
        return self.state in (ModelState.READY, ModelState.UNLOADED)


class ModelList(BaseModel):
    """Response of `GET /v1/models`, in the shape of OpenAI's lists."""

    object: Literal["list"] = "list"
    data: list[ModelInfo]
    max_concurrent_chunks: int | None = Field(
        default=None,
        ge=1,
        description="Chunks that one client may usefully send at once: a batch for each replica of "
        "the llm and half of another.",
    )


class HealthStatus(StrEnum):
    """State of a service: `degraded` works, but not as configured; `starting` does not work yet."""

    READY = "ready"
    DEGRADED = "degraded"
    STARTING = "starting"


class HealthCheck(BaseModel):
    """The state of one dependency of a service."""

    status: HealthStatus
    detail: str | None = Field(default=None, description="Reason, unless it is ready.")


class Health(BaseModel):
    """Response of `GET /health/ready`; `status` is the worst of the checks."""

    status: HealthStatus
    checks: dict[str, HealthCheck]
