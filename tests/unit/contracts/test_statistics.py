"""Clients that were written against `speed` keep reading it."""

import pytest

from contracts.statistics import CacheKind, DatabaseKind, DiskUsage, Statistics


@pytest.mark.parametrize(("rtf", "speed"), [(0.25, 4.0), (None, None)])
def test_speed_stays_on_the_wire_beside_rtf(rtf: float | None, speed: float | None) -> None:
    statistics = Statistics(
        n_recordings=0,
        audio_s=0,
        n_words=0,
        rtf=rtf,
        by_day=[],
        speakers=[],
        n_queued=0,
        n_running=0,
        disk=DiskUsage(database_bytes=0, recordings_bytes=0, work_bytes=0, free_bytes=0),
        data_dir="data",
        version="0",
        database=DatabaseKind.SQLITE,
        cache=CacheKind.MEMORY,
    )
    sent = statistics.model_dump(mode="json")
    assert (sent["rtf"], sent["speed"]) == (rtf, speed)
    assert Statistics.model_validate(sent) == statistics
