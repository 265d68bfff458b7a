"""If this fails, models fill the memory of the host instead of the container's share."""

from pathlib import Path

import pytest

from llm.process_memory import total_memory_bytes


@pytest.mark.parametrize(
    ("file", "text", "is_limited"),
    [
        ("memory.max", "1048576\n", True),
        ("memory.max", "max\n", False),
        ("memory/memory.limit_in_bytes", "1048576\n", True),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", False),
    ],
)
def test_the_limit_of_the_container_counts(
    tmp_path: Path, file: str, text: str, is_limited: bool
) -> None:
    machine = total_memory_bytes(tmp_path)
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert total_memory_bytes(tmp_path) == (1_048_576 if is_limited else machine)
    assert machine > 1_048_576
