"""API keys of people and programs, and what they may do."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_KEY_NAME_CHARS = 100

KeyName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=MAX_KEY_NAME_CHARS,
        pattern=r"^[^\x00-\x1f\x7f]+$",
    ),
]


class Role(StrEnum):
    """What an account may do."""

    ADMIN = "admin"
    USER = "user"


class OwnQuota(BaseModel):
    """Limits of one key."""

    audio_hours_per_day: float | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="Hours of audio that it may send on a day in UTC; 0: any; null: "
        "`MAX_AUDIO_HOURS_PER_DAY`.",
    )
    max_kept_bytes: int | None = Field(
        default=None,
        ge=0,
        le=2**60,
        description="Bytes of recordings that are kept for it; 0: any; null: `MAX_KEPT_BYTES`.",
    )


class Usage(BaseModel):
    """How much an account has sent today in UTC, and how much is kept for it."""

    audio_s_today: float = Field(
        description="Length of what was sent since the last midnight in UTC, deleted or not."
    )
    kept_bytes: int = Field(description="Size of the recordings that are kept.")
    resets_at: datetime = Field(description="The next midnight in UTC.")


class KeyRequest(OwnQuota):
    """Body of `POST /v1/keys`."""

    model_config = ConfigDict(extra="forbid")

    name: KeyName = Field(description="Whose key it is; no other valid key has the name.")
    role: Role = Field(
        default=Role.USER, description="An `admin` also manages keys, and sees no more texts."
    )


class ApiKey(OwnQuota):
    """A key without its secret part, which is stored nowhere."""

    id: int
    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None = Field(description="Since when it is refused; null: it is valid.")


class NewApiKey(ApiKey):
    """A key that was just made; it cannot be read again."""

    key: str = Field(description="Send it as `Authorization: Bearer …`.")


class UsedApiKey(ApiKey):
    """A key and the usage of its owner, which all keys for one history share."""

    usage: Usage


class ApiKeyList(BaseModel):
    """All keys that were ever made, the newest first."""

    items: list[UsedApiKey]


class Account(BaseModel):
    """Who makes a request."""

    name: str = Field(
        description="Name of the key or of the user who signed in; `key-…` for those of the "
        "settings, `local` while there are no keys."
    )
    role: Role
    audio_hours_per_day: float = Field(description="The limit that applies; 0: none.")
    max_kept_bytes: int = Field(description="The limit that applies; 0: none.")
    usage: Usage
