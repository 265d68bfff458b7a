"""If these fail, clients see no stage, a wrong one, or a dictation waits for their display."""

import asyncio
import gc
import threading
from contextlib import AbstractContextManager
from typing import cast

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.errors import DiskFullError
from backend.storage.database import Database, RunStore
from contracts.jobs import Stage
from unit.backend.stand_ins import Components


async def shown(components: Components, job_id: str) -> Stage | None:
    return (await components.stores.jobs.get(job_id)).progress.stage


async def test_a_stage_that_lasts_is_shown(components: Components) -> None:
    job_id = (await components.new_run()).job.id
    async with components.stages().enter(job_id, Stage.DECODING):
        async with asyncio.timeout(5):
            while await shown(components, job_id) is not Stage.DECODING:
                await asyncio.sleep(0.01)


async def test_a_short_stage_is_not_stored(components: Components) -> None:
    """Each would cost a dictation two milliseconds, and those who follow it a reading."""
    job_id = (await components.new_run()).job.id
    before = await shown(components, job_id)
    async with components.stages(shown_after_s=60.0).enter(job_id, Stage.DECODING):
        await asyncio.sleep(0.05)
    assert await shown(components, job_id) is before


class HeldDatabase:
    """A database that begins to write when it is released."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_waiting, self.released = threading.Event(), threading.Event()

    def writing(self) -> AbstractContextManager[Session]:
        self.is_waiting.set()
        assert self.released.wait(5)
        return self._database.writing()


async def test_a_stage_that_ends_while_it_is_stored_does_not_replace_the_next(
    components: Components,
) -> None:
    job_id = (await components.new_run()).job.id
    runs = components.stores.runs
    database = HeldDatabase(runs._database)
    components.stores.runs = RunStore(cast("Database", database))
    async with components.stages().enter(job_id, Stage.DECODING):
        assert await asyncio.to_thread(database.is_waiting.wait, 5)
        asyncio.get_running_loop().call_later(0.1, database.released.set)
    await runs.set_stage(job_id, Stage.DETECTING_SPEECH)
    await asyncio.sleep(0.2)
    assert await shown(components, job_id) is Stage.DETECTING_SPEECH


@pytest.mark.parametrize(
    "error", [OperationalError("update", {}, Exception("away")), DiskFullError("full")]
)
async def test_a_database_that_is_away_does_not_end_the_stage(
    components: Components, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    class NoRuns(RunStore):
        async def set_stage(self, job_id: str, stage: Stage) -> None:
            raise error

    components.stores.runs = NoRuns(components.stores.runs._database)
    job_id = (await components.new_run()).job.id
    async with components.stages().enter(job_id, Stage.DECODING):
        await asyncio.sleep(0.05)
    gc.collect()
    assert not caplog.records, "asyncio logs the errors of tasks that nobody reads"
