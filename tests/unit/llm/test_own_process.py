"""If these fail, an export stays in the service's memory, outlives it, or fails silently."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import torch

from llm.engines.openvino import export
from llm.engines.openvino.engine import load
from llm.engines.protocol import Checkpoint, CheckpointError, ComputeType, EngineOptions
from llm.model_store.checkpoint_files import choose_weight_files
from llm.own_process import ProcessKilledError, run_in_own_process
from llm.speakers import graphs
from unit.llm.checkpoints import write_old_checkpoint

pytestmark = pytest.mark.whole_app

ROOT = Path(__file__).resolve().parents[3]


def write_pid(path: Path) -> None:
    path.write_text(str(os.getpid()))


def be_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(reason: str) -> None:
    raise CheckpointError(reason)


def write_pid_and_wait(path: Path) -> None:
    write_pid(path)
    time.sleep(3600)


def write_pid_and_wait_for(path: Path, go: Path) -> None:
    write_pid(path)
    while not go.exists():
        time.sleep(0.02)


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_function_runs_in_another_process_that_ends_with_it(tmp_path: Path) -> None:
    run_in_own_process(write_pid, tmp_path / "pid")
    pid = int((tmp_path / "pid").read_text())
    assert pid != os.getpid()
    assert not exists(pid)


def test_its_error_is_raised_here() -> None:
    with pytest.raises(CheckpointError, match=r"^no such weight$"):
        run_in_own_process(refuse, "no such weight")


def test_a_killed_process_is_an_error() -> None:
    """Else the model would be loading for ever when memory runs out."""
    with pytest.raises(ProcessKilledError):
        run_in_own_process(be_killed)


SERVICE = """
import sys
from pathlib import Path
from llm.own_process import run_in_own_process
from unit.llm.test_own_process import write_pid_and_wait

if __name__ == "__main__":
    run_in_own_process(write_pid_and_wait, Path(sys.argv[1]))
"""


def test_the_process_ends_with_a_killed_service(tmp_path: Path) -> None:
    """Else it takes the cores and the memory of the service that is started again."""
    pid_file, script = tmp_path / "pid", tmp_path / "service.py"
    script.write_text(SERVICE)
    service = subprocess.Popen(
        [sys.executable, script, pid_file],
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"},
    )
    deadline = time.monotonic() + 60
    try:
        while not (pid_file.exists() and pid_file.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        service.kill()
        service.wait()
    pid = int(pid_file.read_text())
    while exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not exists(pid)


def test_signals_to_the_group_leave_it_to_the_service(tmp_path: Path) -> None:
    """Ctrl-C in a terminal reaches both; a service that stops would log a failed export."""
    pid_file = tmp_path / "pid"
    running = threading.Thread(
        target=run_in_own_process, args=(write_pid_and_wait_for, pid_file, tmp_path / "go")
    )
    running.start()
    deadline = time.monotonic() + 60
    while not (pid_file.exists() and pid_file.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    pid = int(pid_file.read_text())
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)
    time.sleep(0.2)
    assert exists(pid)
    (tmp_path / "go").touch()
    running.join(60)
    assert not exists(pid)


def test_a_checkpoint_that_cannot_be_exported_is_refused_with_its_reason(tmp_path: Path) -> None:
    """The reason comes from another process, and `/v1/models` shows it."""
    folder = write_old_checkpoint(tmp_path / "tiny", spread=0.8)
    for name in choose_weight_files({path.name for path in folder.iterdir()}):
        torch.save({}, folder / name)
    options = EngineOptions("cpu", 1, tmp_path / "engines", ComputeType.INT8)
    with pytest.raises(CheckpointError, match=r"The weight .* is missing"):
        load(Checkpoint("tiny", "r", folder), options)


@pytest.mark.parametrize(
    ("module", "call"),
    [
        (export, lambda folder: export._export_in_own_process(None, None, folder, None)),
        (graphs, lambda folder: graphs._save_in_own_process({}, folder)),
    ],
)
def test_a_killed_export_is_no_unexpected_error(
    module: ModuleType,
    call: Callable[[Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "run_in_own_process", lambda *_: run_in_own_process(be_killed))
    with pytest.raises(CheckpointError, match="was killed"):
        call(tmp_path)


MEASURED = """
import sys
from pathlib import Path
from llm.engines.openvino.engine import load
from llm.engines.protocol import Checkpoint, ComputeType, EngineOptions

if __name__ == "__main__":
    folder, cache_dir = map(Path, sys.argv[1:])
    load(Checkpoint("tiny", "r", folder), EngineOptions("cpu", 1, cache_dir, ComputeType.INT8))
    print("torch" in sys.modules)
"""


def test_a_service_that_exports_loads_no_torch(tmp_path: Path) -> None:
    """It would stay in memory, 200 MB of it, for as long as the service runs."""
    folder = write_old_checkpoint(tmp_path / "tiny", spread=0.8)
    script = tmp_path / "service.py"
    script.write_text(MEASURED)
    answer = subprocess.run(
        [sys.executable, script, folder, tmp_path / "engines"],
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.splitlines()[-1] == "False"
