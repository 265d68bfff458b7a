"""Corrects the segments of a job: their text, speaker and borders."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from backend.dependencies import Jobs, Owner, WordTimestamps
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

_BODY_PROBLEMS = problem_responses(ProblemType.BAD_REQUEST, ProblemType.TOO_LARGE)


@dataclass(frozen=True, slots=True)
class _Target:
    """The segment that a request is about."""

    job_id: str
    index: Annotated[int, Path(ge=0, lt=2**31)]
    jobs: Jobs
    owner: Owner
    word_timestamps: WordTimestamps = None

    async def shown(self, segments: list[Segment]) -> list[Segment]:
        """Return segments with the times of words if these are requested, or the job has them."""
        with_words = self.word_timestamps
        if with_words is None:
            head = await self.jobs.get_head(self.job_id, self.owner)
            with_words = head.options.word_timestamps
        return segments if with_words else [segment.without_words() for segment in segments]


Target = Annotated[_Target, Depends()]


@router.patch(
    "",
    summary="Correct the text or the speaker of a segment",
    openapi_extra=json_body_schema(SegmentCorrection),
    responses=_BODY_PROBLEMS,
)
async def correct_segment(request: Request, target: Target) -> Segment:
    """Return the segment; `original_text` keeps the model's text."""
    correction = await json_body_of(request, SegmentCorrection)
    segment = await target.jobs.edit_segment(target.job_id, target.owner, target.index, correction)
    return (await target.shown([segment]))[0]


@router.post(
    "/split",
    summary="Split a segment in two",
    openapi_extra=json_body_schema(SegmentBorder),
    responses=_BODY_PROBLEMS,
)
async def split_segment(request: Request, target: Target) -> SegmentList:
    """Return both halves; the first keeps the index, the second gets a new one."""
    border = await json_body_of(request, SegmentBorder)
    halves = await target.jobs.split_segment(target.job_id, target.owner, target.index, border)
    return SegmentList(items=await target.shown(halves))


@router.post("/join", summary="Join a segment with the next one")
async def join_segments(target: Target) -> SegmentList:
    """Return the joined segment, which has the index and the speaker of the first."""
    joined = await target.jobs.join_segments(target.job_id, target.owner, target.index)
    return SegmentList(items=await target.shown(joined))


@router.post(
    "/border",
    summary="Move the border between a segment and the next one",
    openapi_extra=json_body_schema(SegmentBorder),
    responses=_BODY_PROBLEMS,
)
async def move_border(request: Request, target: Target) -> SegmentList:
    """Return both segments; the body counts the words and the text of the two together."""
    border = await json_body_of(request, SegmentBorder)
    moved = await target.jobs.move_border(target.job_id, target.owner, target.index, border)
    return SegmentList(items=await target.shown(moved))
