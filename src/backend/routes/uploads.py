"""Resumable uploads by tus 1.0.0."""

from fastapi import APIRouter, Depends, Request, Response

from backend.dependencies import Owner, ReceivingLimit, Submission, Uploads
from backend.routes import tus, tus_reference
from backend.routes.request_body import announced_bytes, body_of
from backend.storage.upload_state import UploadPiece
from contracts.problems import ProblemType
from servicekit.errors import ServiceError
from servicekit.problems import problem_responses

router = APIRouter(
    prefix=tus.PREFIX,
    tags=["uploads"],
    responses=problem_responses(ProblemType.INVALID_OPTION),
)

_versioned = [Depends(tus.require_version)]


@router.options("", status_code=204, include_in_schema=False)
@router.options(
    "/",
    status_code=204,
    summary="Supported parts of tus",
    responses={204: tus_reference.headers(*tus.DESCRIPTION)},
)
async def announce(uploads: Uploads) -> Response:
    """Return the version, the extensions and the maximum size."""
    return Response(status_code=204, headers=tus.description_headers(uploads.max_bytes))


@router.options(
    "/{upload_id}",
    status_code=204,
    summary="Supported parts of tus",
    responses={
        204: tus_reference.headers(*tus.DESCRIPTION),
        **problem_responses(ProblemType.NOT_FOUND),
    },
)
async def announce_upload(upload_id: str, uploads: Uploads) -> Response:
    """Return the same as for all uploads, whether or not this one exists."""
    return await announce(uploads)


@router.post("", status_code=201, dependencies=_versioned, include_in_schema=False)
@router.post(
    "/",
    status_code=201,
    summary="Create an upload",
    response_description="The upload, at the address in `Location`",
    response_class=Response,
    dependencies=_versioned,
    openapi_extra={
        "requestBody": tus_reference.BODY,
        **tus_reference.parameters(
            "Upload-Length",
            "Upload-Defer-Length",
            "Upload-Metadata",
            "Upload-Concat",
            "Upload-Checksum",
        ),
    },
    responses={
        201: tus_reference.headers("Location", "Upload-Offset", "Upload-Expires"),
        **problem_responses(
            ProblemType.BAD_REQUEST,
            ProblemType.NOT_FOUND,
            ProblemType.TOO_SLOW,
            ProblemType.WRONG_STATE,
            ProblemType.UNSUPPORTED_TUS_VERSION,
            ProblemType.TOO_LARGE,
            ProblemType.AUDIO_QUOTA,
            ProblemType.STORAGE_QUOTA,
            ProblemType.UPLOAD_QUOTA,
            ProblemType.TOO_MANY_REQUESTS,
            ProblemType.CHECKSUM_MISMATCH,
            ProblemType.DISK_FULL,
        ),
    },
)
async def create_upload(
    request: Request,
    uploads: Uploads,
    submission: Submission,
    receiving_limit: ReceivingLimit,
    owner: Owner,
) -> Response:
    """Announce a file, or concatenate its parts; the request may contain its first bytes."""
    announcement = tus.announcement_of(request, owner)
    await submission.ensure_quota(owner, announcement.length or 0)
    if announcement.parts:
        upload = await uploads.concatenate(announcement)
    else:
        upload = await uploads.create(announcement)
        if tus.has_content(request):
            try:
                with receiving_limit.one(owner):
                    upload = await uploads.append(upload.id, owner, _first_piece(request))
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
    openapi_extra=tus_reference.parameters(),
    responses={
        200: tus_reference.headers(
            "Upload-Offset",
            "Upload-Length",
            "Upload-Defer-Length",
            "Upload-Metadata",
            "Upload-Concat",
            "Upload-Expires",
        ),
        **problem_responses(ProblemType.NOT_FOUND, ProblemType.UNSUPPORTED_TUS_VERSION),
    },
)
async def read_upload(upload_id: str, uploads: Uploads, owner: Owner) -> Response:
    """Return the offset at which to continue."""
    upload = await uploads.find(upload_id, owner)
    return Response(headers={"Cache-Control": "no-store", **tus.state_headers(upload)})


@router.patch(
    "/{upload_id}",
    status_code=204,
    summary="Append to an upload",
    dependencies=_versioned,
    openapi_extra={
        "requestBody": {"required": True, **tus_reference.BODY},
        **tus_reference.parameters("Upload-Length", "Upload-Checksum", required=("Upload-Offset",)),
    },
    responses={
        204: tus_reference.headers("Upload-Offset", "Upload-Expires"),
        **problem_responses(
            ProblemType.BAD_REQUEST,
            ProblemType.FORBIDDEN,
            ProblemType.NOT_FOUND,
            ProblemType.TOO_SLOW,
            ProblemType.WRONG_STATE,
            ProblemType.UPLOAD_OFFSET_MISMATCH,
            ProblemType.UNSUPPORTED_TUS_VERSION,
            ProblemType.TOO_LARGE,
            ProblemType.UNSUPPORTED_MEDIA,
            ProblemType.TOO_MANY_REQUESTS,
            ProblemType.CHECKSUM_MISMATCH,
            ProblemType.DISK_FULL,
        ),
    },
)
async def append_to_upload(
    upload_id: str,
    request: Request,
    uploads: Uploads,
    receiving_limit: ReceivingLimit,
    owner: Owner,
) -> Response:
    """Append bytes; without a checksum, those that arrive are kept even if the request fails."""
    tus.require_content(request)
    piece = UploadPiece(
        offset=tus.offset_of(request),
        n_bytes=announced_bytes(request),
        parts=body_of(request),
        length=tus.length_of(request),
        checksum=tus.checksum_of(request),
    )
    with receiving_limit.one(owner):
        upload = await uploads.append(upload_id, owner, piece)
    return Response(status_code=204, headers=tus.progress_headers(upload))


@router.delete(
    "/{upload_id}",
    status_code=204,
    summary="Delete an upload",
    dependencies=_versioned,
    openapi_extra=tus_reference.parameters(),
    responses={
        204: tus_reference.headers(),
        **problem_responses(
            ProblemType.NOT_FOUND, ProblemType.WRONG_STATE, ProblemType.UNSUPPORTED_TUS_VERSION
        ),
    },
)
async def remove_upload(upload_id: str, uploads: Uploads, owner: Owner) -> Response:
    """Delete the bytes received so far."""
    await uploads.remove(upload_id, owner)
    return Response(status_code=204)


def _first_piece(request: Request) -> UploadPiece:
    return UploadPiece(
        offset=0,
        n_bytes=announced_bytes(request),
        parts=body_of(request),
        checksum=tus.checksum_of(request),
    )
