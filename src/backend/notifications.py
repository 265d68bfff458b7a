"""Notify subscribers of a job's changes in this process."""

import asyncio
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager, suppress


class Subscription:
    """Waits for changes of one job."""

    def __init__(self) -> None:
        self._has_changed = asyncio.Event()

    def notify(self) -> None:
        """Wake the subscriber, now or at its next wait."""
        self._has_changed.set()

    async def wait(self, timeout_s: float) -> None:
        """Wait for a change since the last call, or for the timeout.

        Changes by other processes do not notify.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._has_changed.wait()
        self._has_changed.clear()


class JobNotifier:
    """The subscriptions of all jobs; for use in one event loop."""

    def __init__(self) -> None:
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)

    def notify(self, job_id: str) -> None:
        """Wake the subscribers of a job."""
        for subscription in self._subscriptions.get(job_id, ()):
            subscription.notify()

    @contextmanager
    def subscribe(self, job_id: str) -> Generator[Subscription]:
        """Subscribe to a job while the body runs."""
        subscription = Subscription()
        self._subscriptions[job_id].add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions[job_id].discard(subscription)
            if not self._subscriptions[job_id]:
                del self._subscriptions[job_id]
