"""Corrects the segments of a job: their text, speaker and borders."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from backend.dependencies import Jobs, Owner, WordTimestamps
from backend.jobs.service import JobService
from backend.routes.json_body import json_body_of, json_body_schema
from contracts.jobs import SegmentBorder, SegmentCorrection, SegmentList
from contracts.problems import ProblemType
from contracts.transcription import Segment
from servicekit.problems import problem_responses

router = APIRouter(
    prefix="/v1/transcriptions/{job_id}/segments/{index}",
    tags=["transcriptions"],
    responses=problem_responses(
        ProblemType.INVALID_OPTION, ProblemType.NOT_FOUND, ProblemType.WRONG_STATE
    ),
)

Index = Annotated[int, Path(ge=0, lt=2**31)]

_BODY_PROBLEMS = problem_responses(ProblemType.BAD_REQUEST, ProblemType.TOO_LARGE)


@router.patch(
    "",
    summary="Correct the text or the speaker of a segment",
    openapi_extra=json_body_schema(SegmentCorrection),
    responses=_BODY_PROBLEMS,
)
async def correct_segment(  # noqa: PLR0913  # one argument for each dependency
    *,
    request: Request,
    job_id: str,
    index: Index,
    jobs: Jobs,
    owner: Owner,
    word_timestamps: WordTimestamps = None,
) -> Segment:
    """Return the segment; `original_text` keeps the model's text."""
    correction = await json_body_of(request, SegmentCorrection)
    segment = await jobs.edit_segment(job_id, owner, index, correction)
    return (await _as_requested(jobs, job_id, owner, [segment], word_timestamps))[0]


@router.post(
    "/split",
    summary="Split a segment in two",
    openapi_extra=json_body_schema(SegmentBorder),
    responses=_BODY_PROBLEMS,
)
async def split_segment(  # noqa: PLR0913  # one argument for each dependency
    *,
    request: Request,
    job_id: str,
    index: Index,
    jobs: Jobs,
    owner: Owner,
    word_timestamps: WordTimestamps = None,
) -> SegmentList:
    """Return both halves; the first keeps the index, the second gets a new one."""
    border = await json_body_of(request, SegmentBorder)
    halves = await jobs.split_segment(job_id, owner, index, border)
    return SegmentList(items=await _as_requested(jobs, job_id, owner, halves, word_timestamps))


@router.post("/join", summary="Join a segment with the next one")
async def join_segments(
    job_id: str, index: Index, jobs: Jobs, owner: Owner, word_timestamps: WordTimestamps = None
) -> SegmentList:
    """Return the joined segment, which has the index and the speaker of the first."""
    joined = await jobs.join_segments(job_id, owner, index)
    return SegmentList(items=await _as_requested(jobs, job_id, owner, joined, word_timestamps))


@router.post(
    "/border",
    summary="Move the border between a segment and the next one",
    openapi_extra=json_body_schema(SegmentBorder),
    responses=_BODY_PROBLEMS,
)
async def move_border(  # noqa: PLR0913  # one argument for each dependency
    *,
    request: Request,
    job_id: str,
    index: Index,
    jobs: Jobs,
    owner: Owner,
    word_timestamps: WordTimestamps = None,
) -> SegmentList:
    """Return both segments; the body counts the words and the text of the two together."""
    border = await json_body_of(request, SegmentBorder)
    moved = await jobs.move_border(job_id, owner, index, border)
    return SegmentList(items=await _as_requested(jobs, job_id, owner, moved, word_timestamps))


async def _as_requested(
    jobs: JobService,
    job_id: str,
    owner: str,
    segments: list[Segment],
    word_timestamps: bool | None,
) -> list[Segment]:
    """Return segments with the times of words if these are requested, or the job has them."""
    if word_timestamps is None:
        word_timestamps = (await jobs.get_head(job_id, owner)).options.word_timestamps
    return segments if word_timestamps else [segment.without_words() for segment in segments]
