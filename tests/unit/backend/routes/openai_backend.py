"""The routes of OpenAI's API on a real port, over jobs whose course each test decides."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from fastapi import FastAPI, Response
from openai import AsyncOpenAI
from prometheus_client import CollectorRegistry
from starlette.datastructures import Headers

from backend.accounts import LOCAL_ACCOUNT, Account
from backend.api_keys import LOCAL_OWNER
from backend.errors import QueueFullError
from backend.jobs.events import JobEvents
from backend.llm_client import LlmClient
from backend.metrics import LlmMetrics
from backend.notifications import JobNotifier
from backend.owner_limit import OwnerLimit
from backend.routes import asr, models
from backend.routes.openai import router
from backend.routes.openai.errors import install_openai_errors
from backend.routes.request_body import CloseUnreadMiddleware
from backend.settings import BackendSettings
from backend.storage.disk import Disk
from backend.storage.files import StoredFile
from backend.storage.work_folder import WorkFolder
from contracts.events import JobEvent
from contracts.jobs import FileInfo, Job, JobStatus
from contracts.models import (
    Health,
    HealthStatus,
    ModelIdentity,
    ModelInfo,
    ModelList,
    ModelState,
)
from contracts.options import TranscribeOptions
from contracts.problems import Problem
from contracts.transcription import Segment, Transcript, Word
from live_server import serving
from servicekit.problems import install_problem_handlers

MAX_UPLOAD_BYTES = 100_000
LISTED = "mitchelldehaven/whisper-medium-ru"

FIRST = Segment(
    index=0, start=0.5, end=2.0, text="Доброе утро.", avg_logprob=-0.25, no_speech_prob=0.1,
    compression_ratio=1.5,
    words=[
        Word(word=" Доброе", start=0.5, end=1.0, probability=1),
        Word(word=" утро.", start=1.0, end=2.0, probability=1),
    ],
)  # fmt: skip
SECOND = FIRST.model_copy(
    update={"index": 1, "start": 3.0, "end": 4.2, "text": "До <свидания>.", "words": None}
)


@dataclass
class ScriptedJobs:
    """One job, which is in the next of its states each time it is looked at.

    Its events are those that the real service would tell of these states.
    """

    states: Sequence[Job]
    is_full: bool = False
    received: bytes = b""
    options: TranscribeOptions | None = None
    name: str | None = None
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    n_looks: int = 0
    notifier: JobNotifier = field(default_factory=JobNotifier)

    async def ensure_place(self, owner: str) -> None:
        if self.is_full:
            raise QueueFullError("As many recordings as are allowed are waiting.", retry_after_s=7)

    async def accept(self, recording: StoredFile, options: TranscribeOptions, owner: str) -> Job:
        assert owner == LOCAL_OWNER
        self.received = recording.path.read_bytes()
        recording.path.unlink()
        self.options, self.name = options, recording.name
        return self.states[0]

    async def get_head(self, job_id: str, owner: str) -> Job:
        self.n_looks += 1
        return self._state()

    async def get(self, job_id: str, owner: str) -> Job:
        assert owner == LOCAL_OWNER
        return self._state()

    def events(self, job_id: str, owner: str) -> AsyncIterator[JobEvent]:
        return JobEvents(self, self.notifier, poll_s=0.01).follow(job_id, owner)

    async def get_with_changes(
        self, job_id: str, owner: str, since: int
    ) -> tuple[Job, list[tuple[int, Segment]]]:
        """Number the changes by the state that they came with."""
        assert owner == LOCAL_OWNER
        self.n_looks += 1
        found: dict[int, tuple[int, Segment]] = {}
        for number, state in enumerate(self.states[: self._place() + 1]):
            for segment in state.result.segments:
                if segment.index not in found or found[segment.index][1] != segment:
                    found[segment.index] = (100 * number + segment.index + 1, segment)
        return self._state(), [each for each in found.values() if each[0] > since]

    async def cancel(self, job_id: str, owner: str) -> None:
        assert owner == LOCAL_OWNER
        self.cancelled.set()

    def _state(self) -> Job:
        return self.states[self._place()].model_copy(update={"options": self.options})

    def _place(self) -> int:
        return min(max(self.n_looks, 1), len(self.states)) - 1


def job(status: JobStatus, *segments: Segment, error: Problem | None = None) -> Job:
    result = Transcript(
        text=" ".join(one.text for one in segments),
        language="ru",
        duration_s=4.2,
        speech_s=3.0,
        segments=list(segments),
    )
    file = FileInfo(
        name="a", size_bytes=1, sha256="", container="", codec="", sample_rate=1, channels=1
    )
    return Job(
        id="1",
        status=status,
        created_at=datetime.now(UTC),
        file=file,
        options=TranscribeOptions(),
        model=ModelIdentity(name=LISTED, revision="1", engine="e", device="cpu"),
        result=result,
        error=error,
    )


COMPLETED = job(JobStatus.COMPLETED, FIRST, SECOND)


def llm(status: HealthStatus) -> FastAPI:
    app = FastAPI()
    listed = ModelList(
        data=[ModelInfo(id=LISTED, state=ModelState.READY, revision="1", engine="e", device="cpu")]
    )
    health = Health(status=status, checks={})
    app.add_api_route("/v1/models", lambda: Response(listed.model_dump_json()))
    app.add_api_route("/health/ready", lambda: Response(health.model_dump_json()))
    return app


class NoVoices:
    """Stands for the voices of a request that names no known speaker."""

    async def prints_of(self, voices: dict[str, bytes], owner: str) -> dict[str, object]:
        assert owner
        assert not voices
        return {}


def _nobody(headers: Headers, client: str) -> None:
    return None


async def _local_account(key: str | None, client: str) -> Account:
    return LOCAL_ACCOUNT


@asynccontextmanager
async def openai_backend(
    jobs: ScriptedJobs,
    folder: Path,
    llm_status: HealthStatus = HealthStatus.READY,
    **chosen: object,
) -> AsyncIterator[AsyncOpenAI]:
    """Serve the routes; gives OpenAI's own client, which tries once; close it."""
    disk = Disk(folder, 0)
    work = WorkFolder(folder / "work", disk, MAX_UPLOAD_BYTES)
    app = FastAPI()
    app.include_router(router)
    app.include_router(models.router)
    app.include_router(asr.router)
    install_problem_handlers(app)
    install_openai_errors(app)
    app.add_middleware(CloseUnreadMiddleware)
    async with serving(llm(llm_status)) as llm_url:
        settings = BackendSettings(_env_file=None, llm_url=llm_url, **chosen)
        client = LlmClient(settings, LlmMetrics(CollectorRegistry()))
        app.state.services = SimpleNamespace(
            accounts=SimpleNamespace(signed_in=_nobody, account_of=_local_account),
            jobs=jobs,
            submission=jobs,
            llm=client,
            languages=None,
            voices=NoVoices(),
            work=work,
            receiving_limit=OwnerLimit(10, "uploads"),
            settings=settings,
        )
        with work.owned():
            async with serving(app) as url:
                yield AsyncOpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)
        await client.aclose()
