"""Statistics of the owner and of the backend."""

from fastapi import APIRouter

from backend.dependencies import Counter, SignedIn
from contracts.statistics import Statistics

router = APIRouter(prefix="/v1/statistics", tags=["statistics"])


@router.get("", summary="How much was transcribed, and the state of the backend")
async def read_statistics(counter: Counter, account: SignedIn) -> Statistics:
    """Return the current statistics."""
    return await counter.count(account)
