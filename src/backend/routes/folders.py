"""The owner's folders; a job is moved into one by its description."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from backend.dependencies import Folders, Owner
from backend.routes.json_body import json_body_of, json_body_schema
from contracts.jobs import MAX_FOLDER_CHARS, FolderList, FolderRenaming
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1/folders", tags=["transcriptions"])

FolderQuery = Annotated[
    str,
    Query(
        min_length=1,
        max_length=MAX_FOLDER_CHARS,
        description="Name of the folder; in the query, because it may have a slash.",
    ),
]


@router.get("", summary="The owner's folders")
async def list_folders(folders: Folders, owner: Owner) -> FolderList:
    """Return the folders, sorted by name, with the number of jobs in each."""
    return FolderList(items=await folders.list(owner))


@router.patch(
    "",
    summary="Rename a folder",
    openapi_extra=json_body_schema(FolderRenaming),
    responses=problem_responses(
        ProblemType.BAD_REQUEST,
        ProblemType.NOT_FOUND,
        ProblemType.INVALID_OPTION,
        ProblemType.TOO_LARGE,
    ),
)
async def rename_folder(
    request: Request, folder: FolderQuery, folders: Folders, owner: Owner
) -> FolderList:
    """Return all folders; a name that another one has makes one folder of the two."""
    renaming = await json_body_of(request, FolderRenaming)
    await folders.move_all(owner, folder, renaming.name)
    return FolderList(items=await folders.list(owner))


@router.delete(
    "",
    status_code=204,
    summary="Delete a folder; its jobs stay",
    responses=problem_responses(ProblemType.NOT_FOUND, ProblemType.INVALID_OPTION),
)
async def delete_folder(folder: FolderQuery, folders: Folders, owner: Owner) -> None:
    """Leave the folder's jobs without a folder."""
    await folders.move_all(owner, folder, None)
