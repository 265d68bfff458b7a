"""Statistics of the owner and of the backend."""

from fastapi import APIRouter

from backend.dependencies import Counter, Owner
from contracts.statistics import Statistics

router = APIRouter(prefix="/v1/statistics", tags=["statistics"])


@router.get("", summary="How much was transcribed, and the state of the backend")
async def read_statistics(counter: Counter, owner: Owner) -> Statistics:
    """Return the current statistics."""
    return await counter.count(owner)
