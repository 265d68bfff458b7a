"""What the services say of themselves: the models they hold, and whether they are ready."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field


class ModelIdentity(BaseModel):
    """Exactly which model made a transcript."""

    name: str = Field(description="Hub id, `embedded/…`, or a local folder's name.")
    revision: str = Field(description="Hub commit, or the checkpoint's SHA-256.")
    engine: str = Field(description="The inference engine's name.")
    device: str = Field(description="Where it ran: `cpu`, `cuda:0`, …")


class ModelState(StrEnum):
    """Where a model is on its way to serving."""

    FETCHING = "fetching"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class ModelInfo(BaseModel):
    """One row of `GET /v1/models`: OpenAI's fields, then ours."""

    id: str = Field(description="The model's name, as in `LLM_MODEL`.")
    object: Literal["model"] = "model"
    created: int = Field(0, description="Unix time at which it was loaded; 0: not yet.")
    owned_by: str = Field("", description="The owner's part of a hub id.")
    state: ModelState
    is_fallback: bool = Field(False, description="It stands in for the configured model.")
    engine: str | None = None
    device: str | None = Field(default=None, description="`cpu`, `cuda:0`, …")
    revision: str | None = None
    progress: float | None = Field(None, ge=0, le=1, description="Share fetched, while fetching.")
    detail: str | None = Field(
        default=None, description="Why it failed, and when it is tried again."
    )


class ModelList(BaseModel):
    """Answer of `GET /v1/models`, in OpenAI's list shape."""

    object: Literal["list"] = "list"
    data: list[ModelInfo]


class HealthStatus(StrEnum):
    """`degraded` works, but not as configured; `starting` cannot work yet."""

    READY = "ready"
    DEGRADED = "degraded"
    STARTING = "starting"


class HealthCheck(BaseModel):
    """One thing a service needs, and how it is."""

    status: HealthStatus
    detail: str | None = Field(default=None, description="The reason, when it is not ready.")


class Health(BaseModel):
    """Answer of `GET /health/ready`: the worst of the checks, and each of them."""

    status: HealthStatus
    checks: dict[str, HealthCheck]
