"""`GET /v1/models`."""

from fastapi import APIRouter

from contracts.models import ModelList
from llm.dependencies import CapacityDep, LifecycleDep

router = APIRouter(tags=["models"])


@router.get("/v1/models", summary="List the models and their states")
async def list_models(lifecycle: LifecycleDep, capacity: CapacityDep) -> ModelList:
    """Return the configured model and, while it is in use, the fallback model."""
    return ModelList(data=lifecycle.models(), max_concurrent_chunks=await capacity())
