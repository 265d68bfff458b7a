"""A punctuation model that cannot be loaded fails its chunk at once, and is tried again later."""

import pytest

from llm.engines.protocol import CheckpointError
from llm.errors import InferenceFailedError
from llm.punctuation.punctuator import PunctuationModel


async def test_a_model_that_cannot_be_loaded_fails_without_a_wait_to_retry() -> None:
    n_loads = 0

    def load() -> None:
        nonlocal n_loads
        n_loads += 1
        raise CheckpointError("the checkpoint is broken")

    model = PunctuationModel("broken", load, list, retry_s=0)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(InferenceFailedError) as failure:
            await model.prepare()
        assert failure.value.retry_after_s is None
    assert n_loads == 2
    assert model.engine() is None


async def test_a_broken_model_is_not_loaded_for_every_chunk() -> None:
    """A recording has hundreds, and a download that fails may take seconds."""
    n_loads = 0

    def load() -> None:
        nonlocal n_loads
        n_loads += 1
        raise CheckpointError("the checkpoint is broken")

    model = PunctuationModel("broken", load, list)  # type: ignore[arg-type]
    for _ in range(3):
        with pytest.raises(InferenceFailedError):
            await model.prepare()
    assert n_loads == 1
