"""If these fail, a page shows changes late, or the process remembers every job ever followed."""

import asyncio

import pytest

from backend.notifications import JobNotifier, Subscription

NEVER_S = 3600.0


async def is_woken(subscription: Subscription) -> bool:
    """Return whether a wait ends at once."""
    try:
        await asyncio.wait_for(subscription.wait(NEVER_S), timeout=0.05)
    except TimeoutError:
        return False
    return True


async def test_all_subscribers_of_a_job_are_woken_and_no_others() -> None:
    notifier = JobNotifier()
    with (
        notifier.subscribe("a") as first,
        notifier.subscribe("a") as second,
        notifier.subscribe("b") as other,
    ):
        notifier.notify("a")
        assert [await is_woken(each) for each in (first, second, other)] == [True, True, False]


async def test_a_change_between_two_waits_is_not_lost() -> None:
    """The subscriber reads the database then; else it would miss the end of a job."""
    notifier = JobNotifier()
    with notifier.subscribe("a") as subscription:
        notifier.notify("a")
        notifier.notify("a")
        assert await is_woken(subscription)
        assert not await is_woken(subscription)  # several changes need one read


async def test_a_wait_ends_after_its_timeout() -> None:
    """Changes by other processes are seen only by reading again."""
    with JobNotifier().subscribe("a") as subscription:
        await asyncio.wait_for(subscription.wait(0.01), timeout=1)


async def test_ended_subscriptions_are_forgotten() -> None:
    notifier = JobNotifier()
    with pytest.raises(ZeroDivisionError), notifier.subscribe("a"):
        raise ZeroDivisionError
    notifier.notify("a")
    notifier.notify("never followed")
    assert not notifier._subscriptions
