"""A small HTTP server that imitates the backend's API."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from streamlit.testing.v1 import AppTest

from contracts.evaluation import Evaluation
from contracts.glossary import SavedGlossary
from contracts.jobs import (
    FileInfo,
    FolderCount,
    FolderList,
    FolderRenaming,
    Job,
    JobDescription,
    JobPage,
    JobStatus,
    TagCount,
    TagList,
    UploadedRecording,
)
from contracts.models import Health, HealthStatus, ModelInfo, ModelList, ModelState
from contracts.options import TranscribeOptions
from contracts.problems import PROBLEM_MEDIA_TYPE, Problem, ProblemType
from contracts.statistics import Statistics
from contracts.voices import VoiceProfile, VoiceProfileList, VoiceRenaming

OpenPage = Callable[..., AppTest]
"""Type of the fixture `open_page`, whose keyword arguments are the query."""

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
class StandInBackend:
    """Canned answers of the server and the requests it received."""

    health: Health = field(default_factory=lambda: Health(status=HealthStatus.READY, checks={}))
    models: ModelList = field(default_factory=lambda: ModelList(data=[READY_MODEL]))
    jobs: dict[str, Job] = field(default_factory=dict)
    started: list[UploadedRecording] = field(default_factory=list)
    listed: list["Listed"] = field(default_factory=list)
    statistics: Statistics | None = None
    evaluation: Evaluation = field(
        default_factory=lambda: Evaluation(recordings=[], models=[], recommended=None)
    )
    evaluated: list[list[str]] = field(default_factory=list)
    """Ids of each request for an evaluation."""
    voices: dict[str, VoiceProfile] = field(default_factory=dict)
    start_problems: dict[str, ProblemType] = field(default_factory=dict)
    """Problem by the upload that must not start."""
    glossary: str = ""
    key_shown: str | None = None
    users_shown: list[str | None] = field(default_factory=list)
    """`X-Forwarded-User` of each request for the history."""
    url: str = ""


def make_app(state: StandInBackend) -> FastAPI:
    app = FastAPI()
    _add_service_routes(app, state)
    _add_glossary_routes(app, state)
    _add_history_routes(app, state)
    _add_action_routes(app, state)
    _add_job_routes(app, state)
    _add_voice_routes(app, state)
    return app


def _answer(kind: ProblemType) -> Response:
    body = problem(kind).model_dump_json(exclude_none=True)
    return Response(body, status_code=kind.status, media_type=PROBLEM_MEDIA_TYPE)


def _json(model: BaseModel, status: int = 200) -> Response:
    return Response(model.model_dump_json(), status_code=status, media_type="application/json")


def _add_service_routes(app: FastAPI, state: StandInBackend) -> None:
    @app.get("/health/ready")
    def ready() -> Response:
        return _json(state.health, 503 if state.health.status is HealthStatus.STARTING else 200)

    @app.get("/v1/models")
    def models() -> Response:
        return _json(state.models)


def _add_glossary_routes(app: FastAPI, state: StandInBackend) -> None:
    @app.get("/v1/glossary")
    def glossary() -> Response:
        return _json(SavedGlossary(glossary=state.glossary))

    @app.put("/v1/glossary")
    def save(saved: SavedGlossary) -> Response:
        state.glossary = saved.glossary
        return _json(saved)


class Listed(BaseModel):
    """Query parameters of the list; others are rejected."""

    model_config = ConfigDict(extra="forbid")

    query: str = ""
    status: JobStatus | None = None
    tag: str | None = None
    folder: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = Field(20, ge=1, le=100)
    cursor: int = 0

    def takes(self, job: Job) -> bool:
        return (
            self.query.casefold() in (job.snippet or "").casefold()
            and self.status in (None, job.status)
            and (self.tag is None or self.tag in job.tags)
            and (self.folder is None or self.folder == job.folder)
            and (self.since is None or job.created_at >= self.since)
            and (self.until is None or job.created_at < self.until)
        )


def _add_history_routes(app: FastAPI, state: StandInBackend) -> None:
    @app.get("/v1/transcriptions")
    def jobs(wanted: Annotated[Listed, Query()], request: Request) -> Response:
        state.listed.append(wanted)
        state.users_shown.append(request.headers.get("X-Forwarded-User"))
        newest_first = sorted(state.jobs.values(), key=lambda job: job.created_at, reverse=True)
        found = [job for job in newest_first if wanted.takes(job)]
        if not wanted.query:
            found = [job.model_copy(update={"hits": [], "n_hits": 0}) for job in found]
        end = wanted.cursor + wanted.limit
        cursor = str(end) if end < len(found) else None
        return _json(JobPage(items=found[wanted.cursor : end], next_cursor=cursor))

    @app.get("/v1/tags")
    def tags() -> Response:
        counts = Counter(tag for job in state.jobs.values() for tag in job.tags)
        return _json(TagList(items=[TagCount(tag=t, n_jobs=n) for t, n in sorted(counts.items())]))

    @app.get("/v1/folders")
    def folders() -> Response:
        counts = Counter(job.folder for job in state.jobs.values() if job.folder)
        items = [FolderCount(folder=name, n_jobs=n) for name, n in sorted(counts.items())]
        return _json(FolderList(items=items))

    @app.patch("/v1/folders")
    def rename_folder(folder: str, renaming: FolderRenaming) -> Response:
        return _move_all(state, folder, renaming.name)

    @app.delete("/v1/folders")
    def delete_folder(folder: str) -> Response:
        return _move_all(state, folder, None)

    @app.get("/v1/statistics")
    def statistics() -> Response:
        return _json(state.statistics) if state.statistics else _answer(ProblemType.NOT_READY)

    @app.get("/v1/evaluation")
    def evaluation(
        job_ids: Annotated[list[str], Query(alias="id", default_factory=list)],
    ) -> Response:
        state.evaluated.append(job_ids)
        return _json(state.evaluation)


def _move_all(state: StandInBackend, folder: str, target: str | None) -> Response:
    inside = [job for job in state.jobs.values() if job.folder == folder]
    for job in inside:
        state.jobs[job.id] = job.model_copy(update={"folder": target})
    return _json(FolderList(items=[])) if inside else _answer(ProblemType.NOT_FOUND)


def _add_action_routes(app: FastAPI, state: StandInBackend) -> None:
    @app.patch("/v1/transcriptions/{job_id}")
    async def describe(job_id: str, request: Request) -> Response:
        if job_id not in state.jobs:
            return _answer(ProblemType.NOT_FOUND)
        try:
            description = JobDescription.model_validate_json(await request.body())
        except ValidationError:
            return _answer(ProblemType.INVALID_OPTION)
        changes = {
            name: value if name == "tags" else value or None
            for name, value in description.model_dump(exclude_unset=True).items()
        }
        state.jobs[job_id] = state.jobs[job_id].model_copy(update=changes)
        return _json(state.jobs[job_id])

    @app.post("/v1/transcriptions/{job_id}/cancel")
    def cancel(job_id: str) -> Response:
        if job_id not in state.jobs:
            return _answer(ProblemType.NOT_FOUND)
        if state.jobs[job_id].status.is_final:
            return _answer(ProblemType.WRONG_STATE)
        changes = {"status": JobStatus.CANCELLED}
        state.jobs[job_id] = state.jobs[job_id].model_copy(update=changes)
        return _json(state.jobs[job_id], 202)

    @app.delete("/v1/transcriptions/{job_id}")
    def delete(job_id: str) -> Response:
        if state.jobs.pop(job_id, None) is None:
            return _answer(ProblemType.NOT_FOUND)
        return Response(status_code=204)


def _add_voice_routes(app: FastAPI, state: StandInBackend) -> None:
    @app.get("/v1/voices")
    def voices() -> Response:
        return _json(VoiceProfileList(items=list(state.voices.values())))

    @app.patch("/v1/voices/{voice_id}")
    def rename(voice_id: str, renaming: VoiceRenaming) -> Response:
        if renaming.name in [each.name for each in state.voices.values()]:
            return _answer(ProblemType.WRONG_STATE)
        changed = state.voices[voice_id].model_copy(update={"name": renaming.name})
        state.voices[voice_id] = changed
        return _json(changed)

    @app.delete("/v1/voices/{voice_id}")
    def delete(voice_id: str) -> Response:
        del state.voices[voice_id]
        return Response(status_code=204)


def _add_job_routes(app: FastAPI, state: StandInBackend) -> None:
    @app.post("/v1/transcriptions")
    def start(recording: UploadedRecording, request: Request) -> Response:
        state.key_shown = request.headers.get("Authorization")
        if kind := state.start_problems.get(recording.upload_id):
            return _answer(kind)
        state.started.append(recording)
        job_id = f"job-{len(state.started)}"
        return _json(state.jobs.setdefault(job_id, make_job(job_id)), 202)


@contextmanager
def serving(state: StandInBackend) -> Iterator[StandInBackend]:
    """Serve the stand-in on a free local port."""
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
