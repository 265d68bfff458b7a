"""All recordings of an owner, and search in their transcripts."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from backend.dependencies import Jobs, Owner
from contracts.jobs import MAX_PAGE_JOBS, MAX_QUERY_CHARS, JobPage, JobStatus, Tag, TagList
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1", tags=["transcriptions"])


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time before the year 1 or after the year 9999") from error


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class HistoryQuery(BaseModel):
    """Which jobs to list."""

    query: str | None = Field(
        default=None,
        max_length=MAX_QUERY_CHARS,
        description="Words, in any form, of the text or the title.",
    )
    status: JobStatus | None = Field(default=None, description="Only those of this status.")
    tag: Tag | None = Field(default=None, description="Only those with this tag.")
    since: UtcTime | None = Field(
        default=None, description="Only those that arrived at this time, with a zone, or later."
    )
    until: UtcTime | None = Field(default=None, description="Only those that arrived before it.")
    limit: int = Field(20, ge=1, le=MAX_PAGE_JOBS, description="How many at most.")
    cursor: str | None = Field(
        default=None, max_length=100, description="`next_cursor` of the page before."
    )


@router.get(
    "/transcriptions",
    summary="Jobs, the newest first",
    responses=problem_responses(ProblemType.BAD_REQUEST, ProblemType.INVALID_OPTION),
)
async def list_transcriptions(
    wanted: Annotated[HistoryQuery, Query()], jobs: Jobs, owner: Owner
) -> JobPage:
    """Return a page of jobs without their results; hits of a search with a snippet."""
    return await jobs.page(owner, **dict(wanted))


@router.get("/tags", summary="The owner's tags")
async def list_tags(jobs: Jobs, owner: Owner) -> TagList:
    """Return them by name, and how many jobs have each."""
    return TagList(items=await jobs.tags(owner))
