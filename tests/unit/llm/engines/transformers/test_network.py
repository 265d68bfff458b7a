"""If these fail, a card runs out of memory in the middle of a job, or works on too few chunks."""

import pytest
import torch
from transformers import WhisperConfig

from llm.engines.protocol import Checkpoint, EngineOptions
from llm.engines.registry import load_engine
from llm.engines.transformers.network import CPU_ROWS, MAX_CARD_ROWS, rows_in_memory
from llm.engines.whisper.engine import WhisperEngine

MEDIUM = WhisperConfig(d_model=1024, encoder_layers=24, decoder_layers=24)

GIB = 2**30


@pytest.mark.parametrize(
    ("free_bytes", "n_rows"),
    [(0, 1), (6 * GIB, 13), (24 * GIB, 53), (80 * GIB, MAX_CARD_ROWS)],
)
def test_as_many_rows_as_half_of_the_free_memory_holds(free_bytes: int, n_rows: int) -> None:
    assert rows_in_memory(free_bytes, MEDIUM, torch.bfloat16) == n_rows


def test_wider_numbers_leave_room_for_half_of_the_rows() -> None:
    assert rows_in_memory(24 * GIB, MEDIUM, torch.float32) == 26


@pytest.mark.parametrize(("max_rows", "expected"), [(0, CPU_ROWS), (3, 3), (64, CPU_ROWS)])
def test_the_setting_lowers_the_number(
    tiny: Checkpoint, tmp_path, max_rows: int, expected: int
) -> None:
    options = EngineOptions("cpu", 1, tmp_path, max_rows=max_rows)
    engine = load_engine("transformers", tiny, options)
    assert isinstance(engine, WhisperEngine)
    assert engine.network.max_rows(30.0) == expected
