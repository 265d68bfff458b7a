"""Resumable uploads by tus 1.0.0."""

from fastapi import APIRouter, Depends, Request, Response

from backend.dependencies import Owner, Uploads
from backend.routes import tus
from backend.routes.request_body import announced_bytes, body_of
from contracts.problems import ProblemType
from servicekit.errors import ServiceError
from servicekit.problems import problem_responses

router = APIRouter(
    prefix=tus.PREFIX,
    tags=["uploads"],
    responses=problem_responses(ProblemType.INVALID_OPTION),
)

_versioned = [Depends(tus.require_version)]


@router.options("/{upload_id}", status_code=204, summary="Supported parts of tus")
@router.options("", status_code=204, include_in_schema=False)
@router.options("/", status_code=204, summary="Supported parts of tus")
async def announce(uploads: Uploads) -> Response:
    """Return the version, the extensions and the maximum size."""
    headers = {"Tus-Extension": tus.EXTENSIONS, "Tus-Max-Size": str(uploads.max_bytes)}
    return Response(status_code=204, headers=headers)


@router.post("", status_code=201, dependencies=_versioned, include_in_schema=False)
@router.post(
    "/",
    status_code=201,
    summary="Create an upload",
    response_description="The upload, at the address in `Location`",
    response_class=Response,
    dependencies=_versioned,
    responses=problem_responses(
        ProblemType.BAD_REQUEST,
        ProblemType.UNSUPPORTED_TUS_VERSION,
        ProblemType.TOO_LARGE,
        ProblemType.DISK_FULL,
    ),
)
async def create_upload(request: Request, uploads: Uploads, owner: Owner) -> Response:
    """Announce a file; the request may contain its first bytes."""
    upload = await uploads.create(tus.announcement_of(request, owner))
    if tus.has_content(request):
        try:
            upload = await uploads.append(
                upload.id, owner, 0, announced_bytes(request), body_of(request)
            )
        except ServiceError:
            await uploads.remove(upload.id, owner)  # the client does not know its address
            raise
    headers = {"Location": f"{tus.PREFIX}/{upload.id}", **tus.progress_headers(upload)}
    return Response(status_code=201, headers=headers)


@router.head(
    "/{upload_id}",
    summary="The offset of an upload",
    response_class=Response,
    dependencies=_versioned,
    responses=problem_responses(ProblemType.NOT_FOUND, ProblemType.UNSUPPORTED_TUS_VERSION),
)
async def read_upload(upload_id: str, uploads: Uploads, owner: Owner) -> Response:
    """Return the offset at which to continue."""
    upload = await uploads.find(upload_id, owner)
    metadata = {"Upload-Metadata": upload.metadata} if upload.metadata else {}
    headers = {
        "Upload-Length": str(upload.length),
        "Cache-Control": "no-store",
        **metadata,
        **tus.progress_headers(upload),
    }
    return Response(headers=headers)


@router.patch(
    "/{upload_id}",
    status_code=204,
    summary="Append to an upload",
    dependencies=_versioned,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {tus.OFFSET_MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    responses=problem_responses(
        ProblemType.BAD_REQUEST,
        ProblemType.NOT_FOUND,
        ProblemType.WRONG_STATE,
        ProblemType.UPLOAD_OFFSET_MISMATCH,
        ProblemType.UNSUPPORTED_TUS_VERSION,
        ProblemType.TOO_LARGE,
        ProblemType.UNSUPPORTED_MEDIA,
        ProblemType.DISK_FULL,
    ),
)
async def append_to_upload(
    upload_id: str, request: Request, uploads: Uploads, owner: Owner
) -> Response:
    """Append bytes; those that arrive are kept even if the request fails."""
    tus.require_content(request)
    upload = await uploads.append(
        upload_id, owner, tus.offset_of(request), announced_bytes(request), body_of(request)
    )
    return Response(status_code=204, headers=tus.progress_headers(upload))


@router.delete(
    "/{upload_id}",
    status_code=204,
    summary="Delete an upload",
    dependencies=_versioned,
    responses=problem_responses(
        ProblemType.NOT_FOUND, ProblemType.WRONG_STATE, ProblemType.UNSUPPORTED_TUS_VERSION
    ),
)
async def remove_upload(upload_id: str, uploads: Uploads, owner: Owner) -> Response:
    """Delete the bytes received so far."""
    await uploads.remove(upload_id, owner)
    return Response(status_code=204)
