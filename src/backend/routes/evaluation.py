"""Compare models on corrected transcripts."""

from typing import Annotated

from fastapi import APIRouter, Query

from backend.dependencies import Evaluator, Owner
from contracts.evaluation import MAX_EVALUATED, Evaluation
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1/evaluation", tags=["evaluation"])

Chosen = Annotated[
    list[str],
    Query(
        alias="id",
        default_factory=list,
        max_length=MAX_EVALUATED,
        description="Corrected transcripts to compare by, repeated; none: all that are offered.",
    ),
]


@router.get(
    "",
    summary="How well the models transcribe your recordings",
    responses=problem_responses(ProblemType.INVALID_OPTION, ProblemType.NOT_FOUND),
)
async def evaluate(evaluator: Evaluator, owner: Owner, chosen: Chosen) -> Evaluation:
    """Return the errors of each model that has transcribed the recordings.

    The corrected text is taken for what was said, so choose transcripts that are corrected as a
    whole. Texts count as they were written before the corrections, without marks and capitals.
    """
    return await evaluator.evaluate(owner, chosen)
