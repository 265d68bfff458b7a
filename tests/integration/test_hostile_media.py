"""If these fail, one file takes down the backend, its memory, or the jobs of others."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from audio_files import tone, write_encoded, write_wav
from contracts.jobs import Job, JobStatus
from contracts.problems import ProblemType
from integration.client import send, transcribe
from testbed import speech
from testbed.instant_llm import StandInLlm, instant_llm
from testbed.services import REPOSITORY, Service, free_port, running_service
from unit.backend.pipeline.test_untrusted_media import png_bomb, with_cover

pytestmark = pytest.mark.slow

MARKER = b"this file crashes the decoder"
ATTACKS = speech.SHARED.parent / "faults" / "attack"
ANSWER_S = 30
MAX_GROWTH_MIB = 256
"""First use of a module takes up to 100 MiB; each of the bombs unfolds to 1 GiB or more."""

CRASHING_DECODER = f"""
import os, signal
from pathlib import Path
from backend.pipeline import decode

decode_blocks = decode.decode_blocks

def decode_or_crash(path, info, report):
    if Path(path).read_bytes().endswith({MARKER!r}):
        os.kill(os.getpid(), signal.SIGSEGV)
    return decode_blocks(path, info, report)

decode.decode_blocks = decode_or_crash
"""
"""Run by every Python at its start: a decoder with a fault that only some files trigger."""


@pytest.fixture(scope="module")
def llm() -> Iterator[StandInLlm]:
    with instant_llm(free_port()) as llm:
        yield llm


@pytest.fixture(scope="module")
def backend(llm: StandInLlm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("backend")
    patch = folder / "patch"
    patch.mkdir()
    (patch / "sitecustomize.py").write_text(CRASHING_DECODER)
    with running_service(
        "backend",
        folder,
        LLM_URL=f"http://127.0.0.1:{llm.port}",
        PYTHONPATH=f"{patch}{os.pathsep}{REPOSITORY / 'src'}",
        MAX_DURATION_S="3600",
        MAX_RUNNING_JOBS="4",
    ) as backend:
        yield backend


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "good.wav", [tone(3)])


@pytest.fixture
def crashing(tmp_path: Path) -> Path:
    path = write_wav(tmp_path / "crash.wav", [tone(2, hertz=300.0)])
    path.write_bytes(path.read_bytes() + b"note" + len(MARKER).to_bytes(4, "little") + MARKER)
    return path


def peak_mib(backend: Service) -> int:
    assert backend.process
    status = Path(f"/proc/{backend.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def work_files(backend: Service) -> list[Path]:
    return list(Path(backend.environment["DATA_DIR"], "work").iterdir())


def media_processes(backend: Service) -> set[int]:
    """Return the pids of the processes that the backend's fork server has made."""
    assert backend.process
    found: set[int] = set()
    for child in _children(backend.process.pid):
        found.update(_children(child))
    return found


def _children(pid: int) -> set[int]:
    found: set[int] = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found.update(map(int, path.read_text().split()))
    return found


def job_at(backend: Service, location: str) -> Job:
    return Job.model_validate_json(httpx.get(backend.url + location, trust_env=False).content)


def test_a_crash_of_the_decoder_fails_that_job_and_no_other(
    backend: Service, recording: Path, crashing: Path
) -> None:
    assert backend.process
    n_before = backend.log.read_text().count("decoder_crashed")
    locations = [send(backend.url, crashing).headers["Location"] for _ in range(2)]
    good = transcribe(backend.url, recording, force=True)
    deadline = time.monotonic() + 120
    while not all(job_at(backend, each).status.is_final for each in locations):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert (good.status, good.error) == (JobStatus.COMPLETED, None)
    for location in locations:
        job = job_at(backend, location)
        assert job.status is JobStatus.FAILED
        assert job.error
        assert job.error.type == ProblemType.DECODER_CRASHED.uri
    assert backend.log.read_text().count("decoder_crashed") - n_before == 4  # each tried twice
    assert backend.process.poll() is None
    assert httpx.get(f"{backend.url}/health/ready", trust_env=False).is_success
    assert work_files(backend) == []


def test_a_process_killed_from_outside_costs_its_job_one_attempt(
    backend: Service, tmp_path: Path
) -> None:
    """The system kills the largest process when memory runs out, whatever file it decodes."""
    long = write_wav(tmp_path / "long.wav", [tone(1200, hertz=200.0)])
    location = send(backend.url, long).headers["Location"]
    deadline = time.monotonic() + 60
    while not (processes := media_processes(backend)):
        assert time.monotonic() < deadline
    for pid in processes:
        os.kill(pid, signal.SIGKILL)
    while not (job := job_at(backend, location)).status.is_final:
        assert time.monotonic() < deadline + 240
        time.sleep(0.2)
    assert (job.status, job.error) == (JobStatus.COMPLETED, None)


def attacks(folder: Path) -> Iterator[Path]:
    """Yield files that are meant to do harm: ours, and those beside the repository."""
    (folder / "bomb.png").write_bytes(png_bomb())
    yield folder / "bomb.png"
    cover = write_encoded(folder / "cover.flac", tone(2), "flac")
    cover.write_bytes(with_cover(cover.read_bytes(), png_bomb()))
    yield cover
    for name, content in {
        "list.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
        "endless.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n",
        "list.ffconcat": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "zeros.mp3": bytes(2**20),
    }.items():
        (folder / name).write_bytes(content)
        yield folder / name
    yield from sorted(ATTACKS.iterdir()) if ATTACKS.is_dir() else ()


def test_files_that_are_meant_to_do_harm_do_none(
    backend: Service, recording: Path, tmp_path: Path
) -> None:
    transcribe(backend.url, recording, force=True)
    before_mib, accepted = peak_mib(backend), list[str]()
    for path in attacks(tmp_path):
        started = time.monotonic()
        answer = send(backend.url, path)
        assert answer.status_code == 202 or 400 <= answer.status_code < 500, path.name
        assert time.monotonic() - started < ANSWER_S, path.name
        if answer.status_code == 202:
            accepted.append(answer.headers["Location"])
    deadline = time.monotonic() + 240
    while not all((job := job_at(backend, each)).status.is_final for each in accepted):
        assert time.monotonic() < deadline, job.file.name
        time.sleep(0.2)
    for each in accepted:
        error = job_at(backend, each).error
        assert error is None or 400 <= error.status < 500, error
    assert peak_mib(backend) - before_mib < MAX_GROWTH_MIB
    assert work_files(backend) == []
    assert media_processes(backend) == set()
