"""`GET /v1/models`."""

from fastapi import APIRouter

from contracts.models import ModelList
from llm.dependencies import LifecycleDep

router = APIRouter(tags=["models"])


@router.get("/v1/models", summary="What serves, what is on its way, what failed and why")
async def list_models(lifecycle: LifecycleDep) -> ModelList:
    """Return the model configured, and the one that stands in for it if there is one."""
    return ModelList(data=lifecycle.models())
