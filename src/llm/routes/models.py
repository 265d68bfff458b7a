"""`GET /v1/models`."""

from fastapi import APIRouter

from contracts.models import ModelList
from llm.dependencies import CapacityDep, ModelsDep

router = APIRouter(tags=["models"])


@router.get("/v1/models", summary="List the models and their states")
async def list_models(models: ModelsDep, capacity: CapacityDep) -> ModelList:
    """Return the configured models and, while one of them needs it, the fallback model."""
    return ModelList(data=models.models(), max_concurrent_chunks=await capacity())
