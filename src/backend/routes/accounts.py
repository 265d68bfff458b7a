"""The account of the caller, and the keys of all accounts, which admins manage."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from backend.dependencies import AccountKeys, OwnAudit, OwnerUsage, SignedIn, require_admin
from backend.routes.json_body import json_body_of, json_body_schema
from contracts.accounts import Account, ApiKeyList, KeyRequest, NewApiKey
from contracts.audit import AuditAction
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1", tags=["accounts"])

_for_admins = [Depends(require_admin)]
_FORBIDDEN = problem_responses(ProblemType.FORBIDDEN, ProblemType.CROSS_ORIGIN)

KeyId = Annotated[int, Path(ge=0, lt=2**63)]


@router.get("/account", summary="The account of the key that makes the request")
async def read_account(account: SignedIn, usage: OwnerUsage) -> Account:
    """Return the name, the role, the limits and how much of them is used."""
    quota, used = await usage.of(account.owner, datetime.now(UTC))
    return Account(name=account.name, role=account.role, usage=used, **asdict(quota))


@router.get("/keys", summary="All keys; for admins", dependencies=_for_admins, responses=_FORBIDDEN)
async def list_keys(accounts: AccountKeys) -> ApiKeyList:
    """Return the keys that were made here, without their secret parts."""
    return ApiKeyList(items=await accounts.list())


@router.post(
    "/keys",
    status_code=201,
    summary="Make a key; for admins",
    dependencies=_for_admins,
    openapi_extra=json_body_schema(KeyRequest),
    responses={
        **_FORBIDDEN,
        **problem_responses(
            ProblemType.BAD_REQUEST,
            ProblemType.WRONG_STATE,
            ProblemType.TOO_LARGE,
            ProblemType.INVALID_OPTION,
        ),
    },
)
async def create_key(request: Request, accounts: AccountKeys, audit: OwnAudit) -> NewApiKey:
    """Return the key, which cannot be read again."""
    made = await accounts.create(await json_body_of(request, KeyRequest))
    audit.record(AuditAction.KEY_CREATED, str(made.id))
    return made


@router.delete(
    "/keys/{key_id}",
    status_code=204,
    summary="Revoke a key; for admins",
    dependencies=_for_admins,
    responses={
        **_FORBIDDEN,
        **problem_responses(ProblemType.NOT_FOUND, ProblemType.INVALID_OPTION),
    },
)
async def revoke_key(key_id: KeyId, accounts: AccountKeys, audit: OwnAudit) -> None:
    """Refuse the key from the next request on; what belongs to it stays."""
    await accounts.revoke(key_id)
    audit.record(AuditAction.KEY_REVOKED, str(key_id))
