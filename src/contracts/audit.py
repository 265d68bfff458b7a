"""Who did what; without texts, names of files or of speakers."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

MAX_PAGE_ENTRIES = 1000


class AuditAction(StrEnum):
    """What an account did to a transcription or a key."""

    OPENED = "opened"
    PLAYED = "played"
    EXPORTED = "exported"
    DELETED = "deleted"
    SHARED = "shared"
    UNSHARED = "unshared"
    KEY_CREATED = "key_created"
    KEY_REVOKED = "key_revoked"


class AuditEntry(BaseModel):
    """One action."""

    id: int
    at: datetime
    actor: str = Field(
        description="Name of the account; `(link)`: a reader of a shared transcript; "
        "`(command line)`: `make key`."
    )
    action: AuditAction
    target: str = Field(description="Id of the transcription or of the key.")


class AuditPage(BaseModel):
    """Entries, the newest first."""

    items: list[AuditEntry]
    next_cursor: str | None = Field(description="Of the next page; null: this is the last one.")
