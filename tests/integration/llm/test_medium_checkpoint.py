"""The default model's architecture is exported and served within its memory limits."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from integration.llm.medium_processes import export, in_own_process, serve
from llm.engines.protocol import Checkpoint
from testbed.medium_checkpoint import write_medium_checkpoint
from testbed.services import MEMORY_ENVIRONMENT

pytestmark = pytest.mark.slow

MAX_POSITIONS = 40
"""So that a test does not write long texts."""

LENGTHS_S = [28.0] * 7 + [3.0]
"""A full batch."""

FREE_BYTES = 8 * 2**30
MAX_EXPORT_BYTES = 6 * 2**30
MAX_SERVING_BYTES = 3 * 10**9
"""Without the mapped weights, about 0.9 GB, whose pages the system can drop."""


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory, embedded: Checkpoint) -> Checkpoint:
    parent = tmp_path_factory.mktemp("medium")
    if shutil.disk_usage(parent).free < FREE_BYTES:
        pytest.skip(f"{FREE_BYTES / 2**30:.0f} GB of free disk are needed")
    folder = parent / "old-medium"
    in_own_process(write_medium_checkpoint, folder, embedded.folder, MAX_POSITIONS)
    return Checkpoint("old-medium", "r", folder)


def test_an_old_medium_checkpoint_is_exported_and_served_in_russian(
    medium: Checkpoint,
    embedded: Checkpoint,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With whisper-base beside it, which drafts the texts."""
    for name, value in MEMORY_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    exporting, export_s = in_own_process(export, medium, tmp_path, embedded)
    record_property("export", f"{exporting}, {export_s:.0f} s")
    serving, load_s, ((identity,), results) = in_own_process(
        serve, medium, tmp_path, [LENGTHS_S], embedded
    )
    record_property("serving", f"{serving}, loaded in {load_s:.1f} s")
    shutil.rmtree(medium.folder)

    assert identity.engine == "openvino"
    for length, result in zip(LENGTHS_S, results, strict=True):
        assert result.language == "ru"
        words = [word for segment in result.segments for word in segment.words]
        assert words
        times = [time for word in words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert 0 <= times[0] < times[-1] <= length
        for segment in result.segments:
            assert segment.words[0].start == segment.start <= segment.end == segment.words[-1].end
    assert load_s < export_s
    assert exporting.resident < MAX_EXPORT_BYTES
    assert serving.anonymous < MAX_SERVING_BYTES
