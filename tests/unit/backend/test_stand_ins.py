"""If these fail, a stand-in differs from what it stands for, and the tests with it prove little."""

import inspect

import pytest

from backend.llm_client import LlmClient
from backend.queueing.checkpoint import checkpoint
from backend.queueing.job_queue import JobQueue
from backend.transcription.preparation import Preparation
from unit.backend.stand_in_llm import StandInLlm
from unit.backend.stand_ins import StandInCheckpoint, StandInPreparation, StandInQueue


@pytest.mark.parametrize(
    ("stand_in", "real"),
    [(StandInLlm, LlmClient), (StandInQueue, JobQueue), (StandInPreparation, Preparation)],
)
def test_a_stand_in_has_only_methods_of_the_real_class(stand_in: type, real: type) -> None:
    methods = {
        name: method
        for name, method in inspect.getmembers(stand_in, inspect.isfunction)
        if not name.startswith("_")
    }
    assert methods
    for name, method in methods.items():
        original = getattr(real, name)
        assert inspect.signature(method) == inspect.signature(original), name
        assert inspect.iscoroutinefunction(method) == inspect.iscoroutinefunction(original), name


def test_the_checkpoint_is_called_like_the_real_one() -> None:
    assert inspect.signature(StandInCheckpoint()) == inspect.signature(checkpoint)
