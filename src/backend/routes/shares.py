"""Links with which others may read a transcript: made, listed and revoked by its owner."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from backend.dependencies import OwnAudit, Owner, Shares
from backend.routes.json_body import json_body_of, json_body_schema
from contracts.audit import AuditAction
from contracts.problems import ProblemType
from contracts.sharing import NewShareLink, ShareLinkList, ShareRequest
from servicekit.problems import problem_responses

router = APIRouter(
    prefix="/v1/transcriptions/{job_id}/shares",
    tags=["sharing"],
    responses=problem_responses(ProblemType.NOT_FOUND, ProblemType.INVALID_OPTION),
)


@router.post(
    "",
    status_code=201,
    summary="Share a transcript by a link that expires",
    openapi_extra=json_body_schema(ShareRequest),
    responses=problem_responses(
        ProblemType.BAD_REQUEST, ProblemType.WRONG_STATE, ProblemType.TOO_LARGE
    ),
)
async def create_share(
    request: Request, job_id: str, shares: Shares, owner: Owner, audit: OwnAudit
) -> NewShareLink:
    """Return the link with its token, which cannot be read again."""
    body = await json_body_of(request, ShareRequest)
    link = await shares.create(job_id, owner, body.expires_in_days)
    audit.record(AuditAction.SHARED, job_id)
    return link


@router.get("", summary="The valid links of a transcript")
async def list_shares(job_id: str, shares: Shares, owner: Owner) -> ShareLinkList:
    """Return the links without their tokens."""
    return ShareLinkList(items=await shares.links(job_id, owner))


@router.delete("/{link_id}", status_code=204, summary="Revoke a link")
async def revoke_share(
    job_id: str,
    link_id: Annotated[int, Path(ge=0, lt=2**63)],
    shares: Shares,
    owner: Owner,
    audit: OwnAudit,
) -> None:
    """Let the link stop to work at once."""
    await shares.revoke(job_id, owner, link_id)
    audit.record(AuditAction.UNSHARED, job_id)
