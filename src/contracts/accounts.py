"""API keys of people and programs, and what they may do."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_KEY_NAME_CHARS = 100

KeyName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_KEY_NAME_CHARS)
]


class Role(StrEnum):
    """What an account may do."""

    ADMIN = "admin"
    USER = "user"


class KeyRequest(BaseModel):
    """Body of `POST /v1/keys`."""

    model_config = ConfigDict(extra="forbid")

    name: KeyName = Field(description="Whose key it is; no other valid key has the name.")
    role: Role = Field(
        default=Role.USER, description="An `admin` also manages keys, and sees no more texts."
    )


class ApiKey(BaseModel):
    """A key without its secret part, which is stored nowhere."""

    id: int
    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None = Field(description="Since when it is refused; null: it is valid.")


class NewApiKey(ApiKey):
    """A key that was just made; it cannot be read again."""

    key: str = Field(description="Send it as `Authorization: Bearer …`.")


class ApiKeyList(BaseModel):
    """All keys that were ever made, the newest first."""

    items: list[ApiKey]


class Account(BaseModel):
    """Who makes a request."""

    name: str = Field(description="Name of the key; `local` while there are no keys.")
    role: Role
