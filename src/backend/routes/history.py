"""All recordings of an owner, and search in their transcripts."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from backend.dependencies import Jobs, Owner
from contracts.jobs import JobPage, JobStatus
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1/transcriptions", tags=["transcriptions"])


class HistoryQuery(BaseModel):
    """Which jobs to list."""

    query: str | None = Field(
        default=None, max_length=500, description="Words, in any form, to be in the text."
    )
    status: JobStatus | None = Field(default=None, description="Only those of this status.")
    limit: int = Field(20, ge=1, le=100, description="How many at most.")
    cursor: str | None = Field(
        default=None, max_length=100, description="`next_cursor` of the page before."
    )


@router.get(
    "",
    summary="Jobs, the newest first",
    responses=problem_responses(ProblemType.BAD_REQUEST, ProblemType.INVALID_OPTION),
)
async def list_transcriptions(
    wanted: Annotated[HistoryQuery, Query()], jobs: Jobs, owner: Owner
) -> JobPage:
    """Return a page of jobs without their results; hits of a search with a snippet."""
    return await jobs.page(
        owner, query=wanted.query, status=wanted.status, limit=wanted.limit, cursor=wanted.cursor
    )
