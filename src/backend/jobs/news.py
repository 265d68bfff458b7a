"""Who follows a job hears at once of what happens to it in this process."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Follower:
    """Whoever waits for something to happen to one job."""

    def __init__(self) -> None:
        self._happened = asyncio.Event()

    def hear(self) -> None:
        """Wake whoever waits, now or when it comes back to wait."""
        self._happened.set()

    async def wait(self, at_most_s: float) -> None:
        """Wait for news since the last call; not for ever, since other processes tell none."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._happened.wait()
        self._happened.clear()


class JobNews:
    """The followers of every job; to be used in one event loop."""

    def __init__(self) -> None:
        self._followers: defaultdict[str, set[Follower]] = defaultdict(set)

    def tell(self, job_id: str) -> None:
        """Let the followers of a job look at it again."""
        for follower in self._followers.get(job_id, ()):
            follower.hear()

    @contextmanager
    def followed(self, job_id: str) -> Iterator[Follower]:
        """Follow a job for as long as this lasts."""
        follower = Follower()
        self._followers[job_id].add(follower)
        try:
            yield follower
        finally:
            self._followers[job_id].discard(follower)
            if not self._followers[job_id]:
                del self._followers[job_id]
