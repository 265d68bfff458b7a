"""The audit trail, for admins."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from backend.dependencies import Audit, require_admin
from contracts.audit import MAX_PAGE_ENTRIES, AuditAction, AuditPage
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1/audit", tags=["accounts"])


class AuditQuery(BaseModel):
    """Filters and page of the audit trail."""

    action: AuditAction | None = Field(default=None, description="Only entries of this action.")
    target: str | None = Field(
        default=None, max_length=128, description="Only entries of this transcription or key."
    )
    limit: int = Field(
        default=100, ge=1, le=MAX_PAGE_ENTRIES, description="Maximum number of entries."
    )
    cursor: str | None = Field(
        default=None,
        pattern=r"^[0-9]{1,18}$",
        description="`next_cursor` of the previous page.",
    )


@router.get(
    "",
    summary="Who opened, exported, deleted and shared what; for admins",
    dependencies=[Depends(require_admin)],
    responses=problem_responses(ProblemType.FORBIDDEN, ProblemType.INVALID_OPTION),
)
async def read_audit_trail(query: Annotated[AuditQuery, Query()], audit: Audit) -> AuditPage:
    """Return a page of entries, the newest first."""
    return await audit.page(query.limit, query.cursor, action=query.action, target=query.target)
