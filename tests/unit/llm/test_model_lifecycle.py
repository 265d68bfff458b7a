"""If these fail, a service cannot be stopped, or asks the hub far too often."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from llm.model_lifecycle import LAST_RETRY_S, ModelLifecycle, retry_delays
from llm.model_store.source import FetchError
from unit.llm.scripted_models import Loader, ScriptedSource


async def test_closing_stops_a_download() -> None:
    """Otherwise a service could not be stopped during an hour of downloading."""
    with ThreadPoolExecutor(1) as thread:
        model = ModelLifecycle("big", ScriptedSource("big"), Loader(), thread)
        await model.close()
        with pytest.raises(FetchError):
            model._report_progress(0.5)


def test_retry_delays_double_up_to_an_hour() -> None:
    delays = [delay for delay, _ in zip(retry_delays(), range(12), strict=False)]
    assert delays[:3] == [30, 60, 120]
    assert delays[-1] == LAST_RETRY_S
