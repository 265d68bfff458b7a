"""If these fail, punctuation takes memory twice, or a broken model delays every chunk."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from llm.engines.protocol import CheckpointError
from llm.errors import InferenceFailedError
from llm.punctuation.punctuator import OwnModel, PooledModel
from unit.llm.scripted_models import Loader, ScriptedSource, model_pool


async def test_a_model_that_cannot_be_loaded_fails_without_a_wait_to_retry() -> None:
    n_loads = 0

    def load() -> None:
        nonlocal n_loads
        n_loads += 1
        raise CheckpointError("the checkpoint is broken")

    model = OwnModel("broken", load, retry_s=0)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(InferenceFailedError) as failure:
            async with model.use():
                pass
        assert failure.value.retry_after_s is None
    assert n_loads == 2


async def test_a_broken_model_is_not_loaded_for_every_chunk() -> None:
    """A recording has hundreds, and a download that fails may take seconds."""
    n_loads = 0

    def load() -> None:
        nonlocal n_loads
        n_loads += 1
        raise CheckpointError("the checkpoint is broken")

    model = OwnModel("broken", load)  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(InferenceFailedError):
            async with model.use():
                pass
    assert n_loads == 1


async def test_a_model_that_also_transcribes_is_loaded_once_whatever_comes_first() -> None:
    """Else whisper-base would be in memory twice while another model is the default."""
    big = ScriptedSource("big", on_disk=True, size_bytes=10)
    small = ScriptedSource("detector", on_disk=True, size_bytes=5)
    with ThreadPoolExecutor(1) as thread:
        for punctuates_first in (True, False):
            load = Loader()
            pool = model_pool(thread, load, [(big, ["*"]), (small, ["ru"])], memory_bytes=10)
            await pool.run()
            assert load.loaded == ["big"]
            uses = [PooledModel(pool).use, lambda pool=pool: pool.use("ru")]
            for use in uses if punctuates_first else uses[::-1]:
                async with use() as engine:
                    assert engine.identity.name == "detector"
            assert load.loaded == ["big", "detector"]
            await pool.close()


async def test_a_model_that_is_not_configured_is_loaded_beside_the_others_and_unloaded() -> None:
    big = ScriptedSource("big", on_disk=True, size_bytes=10)
    with ThreadPoolExecutor(1) as thread:
        load = Loader()
        pool = model_pool(thread, load, [(big, ["*"])], memory_bytes=10)
        await pool.run()
        async with PooledModel(pool).use() as engine:
            assert engine.identity.name == "detector"
        assert {each.identity.name for each in pool.engines()} == {"big", "detector"}
        await pool.close()
        assert load.engines["detector"].closed
        pool = model_pool(thread, Loader(broken="detector"), [(big, ["*"])])
        with pytest.raises(InferenceFailedError):
            async with PooledModel(pool).use():
                pass
