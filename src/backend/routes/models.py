"""The speech models of the llm, as OpenAI's clients list them."""

from fastapi import APIRouter

from backend.dependencies import Llm, Settings
from backend.routes.openai.model_names import means_default_model
from contracts.languages import AUTO_LANGUAGE
from contracts.models import ModelInfo, ModelList
from contracts.options import TranscribeOptions
from contracts.problems import ProblemType
from servicekit.errors import UnknownModelError
from servicekit.problems import problem_responses

_ANY = TranscribeOptions.model_validate({"language": AUTO_LANGUAGE})

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get(
    "",
    summary="The speech models and their state",
    responses=problem_responses(ProblemType.LLM_FAILED, ProblemType.NOT_READY),
)
async def list_models(llm: Llm) -> ModelList:
    """Return the configured models, and while one of them needs it, the fallback model."""
    return await llm.models()


@router.get(
    "/{model_id:path}",
    summary="A speech model and its state",
    responses=problem_responses(
        ProblemType.UNKNOWN_MODEL,
        ProblemType.INVALID_OPTION,
        ProblemType.LLM_FAILED,
        ProblemType.NOT_READY,
    ),
)
async def read_model(model_id: str, llm: Llm, settings: Settings) -> ModelInfo:
    """Return a listed model, or the loaded one for a name that stands for it."""
    listed = {model.id: model for model in (await llm.models()).data}
    if model_id not in listed and means_default_model(
        model_id, aliases=settings.openai_model_aliases
    ):
        return (await llm.route(_ANY)).models[0]
    if model_id not in listed:
        raise UnknownModelError(model_id, list(listed))
    return listed[model_id]
