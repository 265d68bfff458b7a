"""A checkpoint is exported once, completely or not at all, per revision, setting and version."""

import os
import random
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

from contracts.options import ChunkOptions
from llm.engines.openvino import export as export_module
from llm.engines.openvino.export import FOLDER, Export, find_or_export
from llm.engines.protocol import (
    Checkpoint,
    ComputeType,
    EncoderType,
    EngineOptions,
    KeyValueType,
)
from unit.llm.engines.conftest import Load
from unit.llm.engines.openvino.exporting import BEGUN, start_export

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
    folder = cache_dir / FOLDER
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if not path.name.startswith(".")]


def leftovers_in(cache_dir: Path) -> list[Path]:
    return [path for path in (cache_dir / FOLDER).glob(".*") if path.suffix != ".lock"]


def options(cache_dir: Path, compute_type: ComputeType = ComputeType.INT8) -> EngineOptions:
    return EngineOptions("cpu", 1, cache_dir, compute_type)


def test_a_checkpoint_is_exported_once(tiny: Checkpoint, tmp_path: Path, core: ov.Core) -> None:
    first = find_or_export(tiny, options(tmp_path, ComputeType.AUTO), core)
    assert {path.name for path in first.folder.iterdir()} == FILES
    assert f"encoder {first.encoder}" in first.compute.measured_rtf
    assert leftovers_in(tmp_path) == []
    before = state_of(tmp_path)
    assert find_or_export(tiny, options(tmp_path, ComputeType.AUTO), core) == first
    assert state_of(tmp_path) == before


def test_each_revision_setting_and_version_has_its_own_export(
    tiny: Checkpoint, tmp_path: Path, core: ov.Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a new revision, setting or version would use the old export."""

    def exported(checkpoint: Checkpoint, compute_type: ComputeType, **settings: Any) -> Export:
        return find_or_export(
            checkpoint, replace(options(tmp_path, compute_type), **settings), core
        )

    exports = [
        exported(tiny, ComputeType.INT8),
        exported(tiny, ComputeType.FP32),
        exported(replace(tiny, revision="s"), ComputeType.INT8),
        exported(replace(tiny, name="owner/tiny"), ComputeType.INT8),
        exported(tiny, ComputeType.INT8, threads=2),
        exported(tiny, ComputeType.INT8, max_rows=3),
        exported(tiny, ComputeType.INT8, encoder_type=EncoderType.FP32),
        exported(tiny, ComputeType.INT8, key_value_type=KeyValueType.FP32),
    ]
    monkeypatch.setattr(ov, "__version__", "2099.1.0-1-abc")
    exports.append(exported(tiny, ComputeType.INT8))
    monkeypatch.setattr(export_module, "GRAPHS_VERSION", 10**6)
    exports.append(exported(tiny, ComputeType.INT8))
    folders = {export.folder for export in exports}
    assert len(folders) == len(exports)
    assert folders == set(exports_in(tmp_path))


def test_a_failed_export_leaves_no_files(
    tiny: Checkpoint, tmp_path: Path, core: ov.Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(export_module.Calibration, "choose_encoder", fail)
        with pytest.raises(OSError, match="no space"):
            find_or_export(tiny, options(tmp_path), core)
    assert exports_in(tmp_path) == leftovers_in(tmp_path) == []
    find_or_export(tiny, options(tmp_path), core)


def test_an_export_killed_when_complete_leaves_no_files(
    tiny: Checkpoint, tmp_path: Path, core: ov.Core
) -> None:
    """Killed between its renaming and the removal of its temporary folder."""
    export = find_or_export(tiny, options(tmp_path), core)
    (tmp_path / FOLDER / f".{export.folder.name}-killed").mkdir()
    assert find_or_export(tiny, options(tmp_path), core) == export
    assert leftovers_in(tmp_path) == []


@pytest.mark.parametrize("compute_type", list(ComputeType))
def test_every_precision_works(load: Load, compute_type: ComputeType) -> None:
    """On any processor, also without instructions for the precision."""
    engine = load("openvino", compute_type=compute_type)
    noise = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    (result,) = engine.transcribe([noise], ChunkOptions())
    assert np.isfinite([attempt.avg_logprob for attempt in result.attempts]).all()


def size_of(folders: Iterable[Path]) -> int:
    """Return the bytes of all files, without those that disappear meanwhile.

    `os.walk` ignores a folder that disappears, while `Path.rglob` raises an error.
    """
    size = 0
    for folder in folders:
        for inside, _, names in os.walk(folder):
            for name in names:
                with suppress(FileNotFoundError):
                    size += (Path(inside) / name).stat().st_size
    return size


@pytest.mark.slow
def test_a_killed_export_is_never_used(
    tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever it was killed; the next start removes its files and exports again."""
    whole = start_export(tiny, tmp_path / "whole", monkeypatch)
    whole.join(300)
    assert whole.exitcode == 0
    (expected,) = exports_in(tmp_path / "whole")

    moments = random.Random(0)
    cache_dir = tmp_path / "killed"
    n_halfway = 0
    for n in range(6):
        for export in exports_in(cache_dir):
            shutil.rmtree(export)
        until = size_of([expected]) * (n + moments.random()) / 6
        old = set(leftovers_in(cache_dir))
        process = start_export(tiny, cache_dir, monkeypatch)
        while process.is_alive() and size_of(set(leftovers_in(cache_dir)) - old) <= until:
            time.sleep(0.001)
        process.kill()
        process.join(300)
        n_halfway += process.exitcode == -9 and bool(leftovers_in(cache_dir))
        for folder in exports_in(cache_dir):
            assert {path.name for path in folder.iterdir()} == FILES
    assert n_halfway >= 2
    last = start_export(tiny, cache_dir, monkeypatch)
    last.join(300)
    assert last.exitcode == 0
    assert leftovers_in(cache_dir) == []
    (folder,) = exports_in(cache_dir)
    for name in ("encoder.bin", "decoder.bin"):
        assert (folder / name).read_bytes() == (expected / name).read_bytes()


@pytest.mark.slow
def test_simultaneous_starts_export_once(
    tiny: Checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_dir = tmp_path / "cache"
    processes = [start_export(tiny, cache_dir, monkeypatch) for _ in range(3)]
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(exports_in(cache_dir)) == 1
    assert leftovers_in(cache_dir) == []
    assert len((tmp_path / BEGUN).read_text()) == 1


def test_a_read_only_folder_only_costs_an_export_per_start(
    tiny: Checkpoint, tmp_path: Path, core: ov.Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the service would not start there."""
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.setattr(export_module.tempfile, "tempdir", str(tmp_path))
    export = find_or_export(tiny, options(in_the_way), core)
    assert (export.folder / "encoder.xml").is_file()
