"""The history of an owner's jobs, with search, and their tags."""

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field

from backend.dependencies import Jobs, Owner
from contracts.jobs import (
    MAX_PAGE_JOBS,
    MAX_QUERY_CHARS,
    Folder,
    JobPage,
    JobStatus,
    Tag,
    TagList,
)
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1", tags=["transcriptions"])


_is_rfc3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
).fullmatch


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time is before the year 1 or after the year 9999") from error


def _rfc3339(time: object) -> object:
    """Refuse the numbers and dates that pydantic takes for a time, too."""
    if isinstance(time, str) and not _is_rfc3339(time):
        raise ValueError("a time with a time zone, such as 2026-03-01T00:00:00+03:00")
    return time


UtcTime = Annotated[AwareDatetime, BeforeValidator(_rfc3339), AfterValidator(_in_utc)]


class HistoryQuery(BaseModel):
    """Filters and page of the history."""

    query: str | None = Field(
        default=None,
        max_length=MAX_QUERY_CHARS,
        description="Words of the text, the title or the notes, in any form.",
    )
    status: JobStatus | None = Field(default=None, description="Only jobs with this status.")
    tag: Tag | None = Field(default=None, description="Only jobs with this tag.")
    folder: Folder | None = Field(default=None, description="Only jobs in this folder.")
    since: UtcTime | None = Field(
        default=None, description="Only jobs created at this time or later; with a time zone."
    )
    until: UtcTime | None = Field(default=None, description="Only jobs created before this time.")
    limit: int = Field(20, ge=1, le=MAX_PAGE_JOBS, description="Maximum number of jobs.")
    cursor: str | None = Field(
        default=None, max_length=100, description="`next_cursor` of the previous page."
    )


@router.get(
    "/transcriptions",
    summary="Jobs, newest first",
    responses=problem_responses(ProblemType.BAD_REQUEST, ProblemType.INVALID_OPTION),
)
async def list_transcriptions(
    filters: Annotated[HistoryQuery, Query()], jobs: Jobs, owner: Owner
) -> JobPage:
    """Return a page of jobs without results; search results have a snippet."""
    return await jobs.page(owner, **dict(filters))


@router.get("/tags", summary="The owner's tags")
async def list_tags(jobs: Jobs, owner: Owner) -> TagList:
    """Return the tags, sorted by name, with the number of jobs of each."""
    return TagList(items=await jobs.tags(owner))
