"""What the page itself asks of the backend: its API, with contracts for answers.

FrontendError
├── BackendError             the backend said no, with a problem
└── BackendUnavailableError  no answer, or none that can be understood
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import unquote

import httpx
from pydantic import BaseModel, ValidationError

from contracts.exports import ExportFormat
from contracts.jobs import Job, JobDescription, JobPage, TagList, UploadedRecording
from contracts.models import Health, ModelList
from contracts.problems import Problem, ProblemType
from contracts.statistics import Statistics

_TIMEOUT = httpx.Timeout(30.0, connect=3.0)
_QUICK_TIMEOUT = httpx.Timeout(3.0)

# the form of RFC 8187, which the backend always gives
_file_name = re.compile(r"filename\*=UTF-8''([^;\s]+)", re.IGNORECASE).search
_is_job_id = re.compile(r"[A-Za-z0-9_-]{1,128}").fullmatch

Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True)
class ExportedFile:
    """A transcript as a file."""

    name: str
    content: bytes


class FrontendError(Exception):
    """The page could not do what it was asked."""


class BackendUnavailableError(FrontendError):
    """The backend gave no answer, or none that can be understood."""


class BackendError(FrontendError):
    """The backend said no.

    Args:
        problem: what it said.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.type)
        self.problem = problem

    @property
    def problem_type(self) -> ProblemType:
        """The kind of problem; one that we do not know counts as internal."""
        return problem_type_of(self.problem)


def problem_type_of(problem: Problem) -> ProblemType:
    """Return the kind of a problem; one that we do not know counts as internal."""
    known = {kind.uri: kind for kind in ProblemType}
    return known.get(problem.type, ProblemType.INTERNAL)


class BackendClient:
    """Calls of the backend; safe to share between threads.

    Args:
        base_url: address of the backend, without a path.
        headers: what the backend is told with every request, its key for one.
    """

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        # a proxy of the environment is for the world outside, not for our own backend
        self._http = httpx.Client(
            base_url=base_url, headers=headers, timeout=_TIMEOUT, trust_env=False
        )

    def health(self) -> Health:
        """Return whether the backend can work; one that is still starting is an answer too."""
        response = self._send("GET", "/health/ready", timeout=_QUICK_TIMEOUT)
        if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            _raise_for_problem(response)
        return _read(Health, response)

    def models(self) -> ModelList:
        """Return the models that are loaded, or on their way."""
        return _read(ModelList, self._call("GET", "/v1/models", timeout=_QUICK_TIMEOUT))

    def exported_file(self, job_id: str, form: ExportFormat) -> ExportedFile:
        """Return the transcript as a file, named as the backend names it.

        Raises:
            BackendError: there is no such job, or it has no text.
        """
        path = f"{_job_path(job_id)}/export"
        answer = self._call("GET", path, params={"format": form.value})
        named = _file_name(answer.headers.get("Content-Disposition", ""))
        return ExportedFile(unquote(named[1]) if named else f"{job_id}.{form}", answer.content)

    def jobs(self, **wanted: object) -> JobPage:
        """Return part of the history, the newest first.

        Args:
            wanted: the parameters of `GET /v1/transcriptions`; what is empty is left out.
        """
        parameters = {name: _as_text(value) for name, value in wanted.items() if value}
        return _read(JobPage, self._call("GET", "/v1/transcriptions", params=parameters))

    def tags(self) -> TagList:
        """Return the tags there are, by name."""
        return _read(TagList, self._call("GET", "/v1/tags"))

    def describe(self, job_id: str, description: JobDescription) -> Job:
        """Change a job's title or tags; only what was set in the description changes."""
        body = description.model_dump_json(exclude_unset=True)
        headers = {"Content-Type": "application/json"}
        return _read(Job, self._call("PATCH", _job_path(job_id), content=body, headers=headers))

    def cancel(self, job_id: str) -> Job:
        """Stop a job; what was recognised stays."""
        return _read(Job, self._call("POST", f"{_job_path(job_id)}/cancel"))

    def resume(self, job_id: str) -> Job:
        """Go on with a job that was stopped or failed."""
        return _read(Job, self._call("POST", f"{_job_path(job_id)}/resume"))

    def delete(self, job_id: str) -> None:
        """Remove a job, its text and its recording."""
        self._call("DELETE", _job_path(job_id))

    def statistics(self) -> Statistics:
        """Return how much was transcribed, and how the machine is."""
        return _read(Statistics, self._call("GET", "/v1/statistics"))

    def start(self, recording: UploadedRecording) -> Job:
        """Ask for the transcript of a recording that has been uploaded."""
        body = recording.model_dump_json(exclude_none=True)
        headers = {"Content-Type": "application/json"}
        return _read(Job, self._call("POST", "/v1/transcriptions", content=body, headers=headers))

    def _call(self, method: str, path: str, **details: object) -> httpx.Response:
        response = self._send(method, path, **details)
        _raise_for_problem(response)
        return response

    def _send(self, method: str, path: str, **details: object) -> httpx.Response:
        try:
            return self._http.request(method, path, **details)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise BackendUnavailableError(type(error).__name__) from error


def _job_path(job_id: str) -> str:
    """Return the path of a job; the id comes from the address bar and may be anything."""
    if not _is_job_id(job_id):
        kind = ProblemType.NOT_FOUND
        detail = "This is not the id of a job."
        raise BackendError(
            Problem(type=kind.uri, title=kind.title, status=kind.status, detail=detail)
        )
    return f"/v1/transcriptions/{job_id}"


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _raise_for_problem(response: httpx.Response) -> None:
    if response.is_success:
        return
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        raise BackendUnavailableError(f"status {response.status_code}, no problem") from None
    raise BackendError(problem)


def _read(kind: type[Answer], response: httpx.Response) -> Answer:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError as error:
        raise BackendUnavailableError(f"not a {kind.__name__}") from error
