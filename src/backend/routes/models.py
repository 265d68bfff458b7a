"""The speech models of the llm."""

from fastapi import APIRouter

from backend.dependencies import Llm
from contracts.models import ModelList
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get(
    "",
    summary="The speech models and their state",
    responses=problem_responses(ProblemType.LLM_FAILED, ProblemType.NOT_READY),
)
async def list_models(llm: Llm) -> ModelList:
    """Return the models that are loaded, loading or failed."""
    return await llm.models()
