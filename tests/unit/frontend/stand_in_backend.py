"""A small real HTTP server that answers as api.md says the backend does."""

import base64
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Query, Request, Response
from streamlit.testing.v1 import AppTest

from contracts.jobs import FileInfo, Job, JobStatus, UploadedRecording
from contracts.models import Health, HealthStatus, ModelInfo, ModelList, ModelState
from contracts.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemType
from contracts.transcription import TranscribeOptions

OpenPage = Callable[..., AppTest]
"""The fixture `open_page`: keywords are the address's query."""

READY_MODEL = ModelInfo(id="embedded/whisper-base", state=ModelState.READY)


def problem(kind: ProblemType, request_id: str = "req-1") -> Problem:
    return Problem(
        type=kind.uri,
        title=kind.title,
        status=kind.status,
        detail=f"Detail of {kind.name}.",
        request_id=request_id,
    )


def make_job(job_id: str = "job-1", **changes: object) -> Job:
    file = FileInfo(
        name="Интервью с Анной.mp3",
        size_bytes=2_500_000,
        sha256="0" * 64,
        duration_s=372.4,
        container="mp3",
        codec="mp3",
        sample_rate=44_100,
        channels=2,
    )
    job = Job(
        id=job_id,
        status=JobStatus.QUEUED,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        file=file,
        options=TranscribeOptions(),
    )
    return job.model_copy(update=changes)


@dataclass
class Upload:
    length: int
    name: str
    content: bytearray = field(default_factory=bytearray)


@dataclass
class StandInBackend:
    """What the server answers with, and what it was sent."""

    health: Health = field(default_factory=lambda: Health(status=HealthStatus.READY, checks={}))
    models: ModelList = field(default_factory=lambda: ModelList(data=[READY_MODEL]))
    jobs: dict[str, Job] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    started: list[UploadedRecording] = field(default_factory=list)
    exports_asked: list[tuple[str, str]] = field(default_factory=list)
    start_problem: ProblemType | None = None
    patch_faults: list[str] = field(default_factory=list)
    """How the next PATCHes go wrong: `drop` (half is kept, 503), `lost` (kept, no good answer),
    or the name of a ProblemType."""
    patches: int = 0
    url: str = ""


def make_app(state: StandInBackend) -> FastAPI:
    app = FastAPI()
    _add_service_routes(app, state)
    _add_upload_routes(app, state)
    _add_job_routes(app, state)
    return app


def _answer(kind: ProblemType) -> Response:
    body = problem(kind).model_dump_json(exclude_none=True)
    return Response(body, status_code=kind.status, media_type=PROBLEM_MEDIA_TYPE)


def _json(model: Job | Health | ModelList, status: int = 200) -> Response:
    return Response(model.model_dump_json(), status_code=status, media_type="application/json")


def _add_service_routes(app: FastAPI, state: StandInBackend) -> None:
    @app.get("/health/ready")
    def ready() -> Response:
        return _json(state.health, 503 if state.health.status is HealthStatus.STARTING else 200)

    @app.get("/v1/models")
    def models() -> Response:
        return _json(state.models)


def _add_upload_routes(app: FastAPI, state: StandInBackend) -> None:
    @app.post("/v1/uploads/")
    def create(request: Request) -> Response:
        assert request.headers["Tus-Resumable"] == "1.0.0"
        key, _, value = request.headers["Upload-Metadata"].partition(" ")
        assert key == "filename"
        upload_id = f"upload-{len(state.uploads) + 1}"
        state.uploads[upload_id] = Upload(
            int(request.headers["Upload-Length"]), base64.b64decode(value).decode()
        )
        return Response(status_code=201, headers={"Location": f"/v1/uploads/{upload_id}"})

    @app.head("/v1/uploads/{upload_id}")
    def offset(upload_id: str) -> Response:
        received = len(state.uploads[upload_id].content)
        return Response(headers={"Upload-Offset": str(received)})

    @app.patch("/v1/uploads/{upload_id}")
    async def receive(upload_id: str, request: Request) -> Response:
        state.patches += 1
        chunk = await request.body()
        content = state.uploads[upload_id].content
        if int(request.headers["Upload-Offset"]) != len(content):
            return _answer(ProblemType.UPLOAD_OFFSET_MISMATCH)
        match state.patch_faults.pop(0) if state.patch_faults else None:
            case None:
                content.extend(chunk)
                return Response(status_code=204, headers={"Upload-Offset": str(len(content))})
            case "drop":
                content.extend(chunk[: len(chunk) // 2])
                return Response("gateway", status_code=502)
            case "lost":
                content.extend(chunk)
                return Response("gateway", status_code=502)
            case name:
                return _answer(ProblemType[name])


def _add_job_routes(app: FastAPI, state: StandInBackend) -> None:
    @app.post("/v1/transcriptions")
    def start(recording: UploadedRecording) -> Response:
        if state.start_problem:
            return _answer(state.start_problem)
        state.started.append(recording)
        job = state.jobs.setdefault("job-1", make_job())
        return _json(job, 202)

    @app.get("/v1/transcriptions/{job_id}")
    def job(job_id: str) -> Response:
        found = state.jobs.get(job_id)
        return _json(found) if found else _answer(ProblemType.NOT_FOUND)

    @app.get("/v1/transcriptions/{job_id}/export")
    def export(job_id: str, form: Annotated[str, Query(alias="format")]) -> Response:
        state.exports_asked.append((job_id, form))
        return Response(f"{job_id} as {form}".encode())


@contextmanager
def serving(state: StandInBackend) -> Iterator[StandInBackend]:
    """Serve the stand-in on a free port of this machine, and stop it again."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        state.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(make_app(state), log_level="warning"))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield state
        server.should_exit = True
        thread.join(timeout=5)
