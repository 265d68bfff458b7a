"""An export is made once, whole or not at all, and found by what it was made of."""

import os
import random
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from contracts.transcription import DecodingOptions
from llm.engines.openvino import export as export_module
from llm.engines.openvino.export import Export, find_or_export
from llm.engines.protocol import Checkpoint, ComputeType
from unit.llm.engines.conftest import Load
from unit.llm.engines.openvino.exporting import MADE, start_export

FILES = {"encoder.xml", "encoder.bin", "decoder.xml", "decoder.bin", "export.json"}


@pytest.fixture(scope="module")
def core() -> ov.Core:
    core = ov.Core()
    core.set_property("CPU", {"INFERENCE_NUM_THREADS": 1})
    return core


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def exports_in(cache_dir: Path) -> list[Path]:
    if not cache_dir.is_dir():
        return []
    return [path for path in cache_dir.iterdir() if not path.name.startswith(".")]


def leftovers_in(cache_dir: Path) -> list[Path]:
    return [path for path in cache_dir.glob(".*") if path.suffix != ".lock"]


def test_an_export_is_made_once_and_not_again(
    tiny: Checkpoint, tmp_path: Path, core: ov.Core
) -> None:
    first = find_or_export(tiny, ComputeType.AUTO, tmp_path, core)
    assert {path.name for path in first.folder.iterdir()} == FILES
    assert set(first.trial_s) > {first.encoder}
    assert leftovers_in(tmp_path) == []
    before = state_of(tmp_path)
    assert find_or_export(tiny, ComputeType.AUTO, tmp_path, core) == first
    assert state_of(tmp_path) == before


def test_what_an_export_was_made_of_tells_it_from_others(
    tiny: Checkpoint, tmp_path: Path, core: ov.Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a new revision, setting or version would serve what was made of the old one."""

    def made(checkpoint: Checkpoint, compute_type: ComputeType) -> Export:
        return find_or_export(checkpoint, compute_type, tmp_path, core)

    exports = [
        made(tiny, ComputeType.INT8),
        made(tiny, ComputeType.FP32),
        made(replace(tiny, revision="s"), ComputeType.INT8),
        made(replace(tiny, name="owner/tiny"), ComputeType.INT8),
    ]
    monkeypatch.setattr(ov, "__version__", "2099.1.0-1-abc")
    exports.append(made(tiny, ComputeType.INT8))
    monkeypatch.setattr(export_module, "GRAPHS_VERSION", 10**6)
    exports.append(made(tiny, ComputeType.INT8))
    folders = {export.folder for export in exports}
    assert len(folders) == len(exports)
    assert folders == set(exports_in(tmp_path))


def test_an_export_that_fails_leaves_nothing(
    tiny: Checkpoint, tmp_path: Path, core: ov.Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(export_module, "_measure", fail)
        with pytest.raises(OSError, match="no space"):
            find_or_export(tiny, ComputeType.INT8, tmp_path, core)
    assert exports_in(tmp_path) == leftovers_in(tmp_path) == []
    find_or_export(tiny, ComputeType.INT8, tmp_path, core)


@pytest.mark.parametrize("compute_type", list(ComputeType))
def test_every_precision_works(load: Load, compute_type: ComputeType) -> None:
    """On any processor, also one that has no instructions for it."""
    engine = load("openvino", compute_type=compute_type)
    noise = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    (result,) = engine.transcribe([noise], DecodingOptions())
    assert np.isfinite([attempt.avg_logprob for attempt in result.attempts]).all()


def size_of(folders: Iterable[Path]) -> int:
    """Return the bytes of all files; one that goes away meanwhile has none.

    A folder that goes away ends `Path.rglob` with an error, and `os.walk` without one.
    """
    size = 0
    for folder in folders:
        for inside, _, names in os.walk(folder):
            for name in names:
                with suppress(FileNotFoundError):
                    size += (Path(inside) / name).stat().st_size
    return size


@pytest.mark.slow
def test_an_export_that_is_killed_is_not_taken_for_whole(
    tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever part of it is written; and the next start cleans up, and makes it."""
    whole = start_export(tiny, tmp_path / "whole", monkeypatch)
    whole.join(300)
    assert whole.exitcode == 0
    (expected,) = exports_in(tmp_path / "whole")

    moments = random.Random(0)
    cache_dir = tmp_path / "killed"
    n_halfway = 0
    for n in range(10):
        for there in exports_in(cache_dir):
            shutil.rmtree(there)
        until = size_of([expected]) * (n + moments.random()) / 10
        old = set(leftovers_in(cache_dir))
        process = start_export(tiny, cache_dir, monkeypatch)
        while process.is_alive() and size_of(set(leftovers_in(cache_dir)) - old) <= until:
            time.sleep(0.001)
        process.kill()
        process.join(300)
        n_halfway += process.exitcode == -9 and bool(leftovers_in(cache_dir))
        for folder in exports_in(cache_dir):
            assert {path.name for path in folder.iterdir()} == FILES
    assert n_halfway >= 3
    last = start_export(tiny, cache_dir, monkeypatch)
    last.join(300)
    assert last.exitcode == 0
    assert leftovers_in(cache_dir) == []
    (folder,) = exports_in(cache_dir)
    for name in ("encoder.bin", "decoder.bin"):
        assert (folder / name).read_bytes() == (expected / name).read_bytes()


@pytest.mark.slow
def test_starts_at_once_make_one_export(
    tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_dir = tmp_path / "cache"
    processes = [start_export(tiny, cache_dir, monkeypatch) for _ in range(3)]
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(exports_in(cache_dir)) == 1
    assert leftovers_in(cache_dir) == []
    assert len((tmp_path / MADE).read_text()) == 1


def test_a_start_works_where_nothing_can_be_kept(
    tiny: Checkpoint, tmp_path: Path, core: ov.Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only data folder costs an export at each start, not the service."""
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.setattr(export_module.tempfile, "tempdir", str(tmp_path))
    export = find_or_export(tiny, ComputeType.INT8, in_the_way / "openvino", core)
    assert (export.folder / "encoder.xml").is_file()


@pytest.mark.parametrize(
    ("floats_s", "chosen"),
    [(2.0, ComputeType.INT8), (0.9, ComputeType.INT8), (0.7, ComputeType.FP32)],
)
def test_floats_are_chosen_only_where_they_are_worth_their_memory(
    floats_s: float, chosen: ComputeType
) -> None:
    trial_s = {ComputeType.INT8: 1.0, ComputeType.FP32: floats_s}
    assert export_module.choose_encoder_type(trial_s) is chosen
