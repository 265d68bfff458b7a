"""A client of the backend's HTTP API that returns contract types.

FrontendError
├── BackendError             the backend answered with a problem
├── SignInMissingError       the proxy in front tells no user
└── BackendUnavailableError  no answer, or an invalid one
"""

import re
from collections.abc import Sequence
from copy import copy
from datetime import datetime
from http import HTTPStatus
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from contracts.evaluation import Evaluation
from contracts.glossary import SavedGlossary
from contracts.jobs import (
    FolderList,
    FolderRenaming,
    Job,
    JobDescription,
    JobPage,
    TagList,
    UploadedRecording,
)
from contracts.models import Health, ModelList
from contracts.problems import Problem, ProblemType
from contracts.statistics import Statistics
from contracts.voices import VoiceProfile, VoiceProfileList, VoiceRenaming

_TIMEOUT = httpx.Timeout(30.0, connect=3.0)
_QUICK_TIMEOUT = httpx.Timeout(3.0)

_match_job_id = re.compile(r"[A-Za-z0-9_-]{1,128}").fullmatch

Model = TypeVar("Model", bound=BaseModel)


class FrontendError(Exception):
    """Base class of the page's errors."""


class BackendUnavailableError(FrontendError):
    """The backend did not answer, or its answer is invalid."""


class SignInMissingError(FrontendError):
    """The proxy in front of the page does not tell who has signed in."""


class BackendError(FrontendError):
    """The backend answered with a problem.

    Args:
        problem: the body of the answer.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.type)
        self.problem = problem

    @property
    def problem_type(self) -> ProblemType:
        """Kind of the problem; INTERNAL if unknown."""
        return problem_type_of(self.problem)


def problem_type_of(problem: Problem) -> ProblemType:
    """Return the kind of a problem; INTERNAL if unknown."""
    known = {kind.uri: kind for kind in ProblemType}
    return known.get(problem.type, ProblemType.INTERNAL)


class BackendClient:
    """Call the backend; safe to share between threads.

    Args:
        base_url: the backend's URL, without a path.
        headers: sent with every request, such as the API key.
    """

    def __init__(self, base_url: str, headers: dict[str, str]) -> None:
        # proxies from the environment are meant for the internet, not for the backend
        self._http = httpx.Client(
            base_url=base_url, headers=headers, timeout=_TIMEOUT, trust_env=False
        )
        self._identity: Sequence[tuple[bytes, bytes]] = ()

    def acting_for(self, identity: Sequence[tuple[bytes, bytes]]) -> "BackendClient":
        """Return a client on the same connections that calls for one visitor.

        Args:
            identity: headers that tell the backend who it is.
        """
        client = copy(self)
        client._identity = identity  # noqa: SLF001  # of this class
        return client

    def health(self) -> Health:
        """Return the backend's health, also while it is starting."""
        response = self._send("GET", "/health/ready", timeout=_QUICK_TIMEOUT)
        if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            _raise_for_problem(response)
        return _read(Health, response)

    def models(self) -> ModelList:
        """Return the models that are loaded or loading."""
        return _read(ModelList, self._call("GET", "/v1/models", timeout=_QUICK_TIMEOUT))

    def jobs(self, **filters: object) -> JobPage:
        """Return one page of the history, newest first.

        Args:
            filters: query parameters of `GET /v1/transcriptions`; empty values are dropped.
        """
        params = {name: _query_value(value) for name, value in filters.items() if value}
        return _read(JobPage, self._call("GET", "/v1/transcriptions", params=params))

    def tags(self) -> TagList:
        """Return all tags, sorted by name."""
        return _read(TagList, self._call("GET", "/v1/tags"))

    def folders(self) -> FolderList:
        """Return all folders, sorted by name."""
        return _read(FolderList, self._call("GET", "/v1/folders"))

    def rename_folder(self, folder: str, name: str) -> None:
        """Rename a folder; another one with the name takes its recordings."""
        body = FolderRenaming(name=name).model_dump_json()
        headers = {"Content-Type": "application/json"}
        params = {"folder": folder}
        self._call("PATCH", "/v1/folders", params=params, content=body, headers=headers)

    def delete_folder(self, folder: str) -> None:
        """Delete a folder; its recordings stay."""
        self._call("DELETE", "/v1/folders", params={"folder": folder})

    def glossary(self) -> SavedGlossary:
        """Return the saved names and terms."""
        return _read(SavedGlossary, self._call("GET", "/v1/glossary", timeout=_QUICK_TIMEOUT))

    def save_glossary(self, glossary: SavedGlossary) -> SavedGlossary:
        """Save names and terms for all new transcriptions, and return them tidied."""
        body = glossary.model_dump_json()
        headers = {"Content-Type": "application/json"}
        response = self._call("PUT", "/v1/glossary", content=body, headers=headers)
        return _read(SavedGlossary, response)

    def describe(self, job_id: str, description: JobDescription) -> Job:
        """Change a job's title or tags; fields that are not set stay as they are."""
        body = description.model_dump_json(exclude_unset=True)
        headers = {"Content-Type": "application/json"}
        return _read(Job, self._call("PATCH", _job_path(job_id), content=body, headers=headers))

    def cancel(self, job_id: str) -> Job:
        """Stop a job and keep its text so far."""
        return _read(Job, self._call("POST", f"{_job_path(job_id)}/cancel"))

    def resume(self, job_id: str) -> Job:
        """Resume a stopped or failed job."""
        return _read(Job, self._call("POST", f"{_job_path(job_id)}/resume"))

    def delete(self, job_id: str) -> None:
        """Delete a job with its text and recording."""
        self._call("DELETE", _job_path(job_id))

    def statistics(self) -> Statistics:
        """Return usage statistics and the state of the backend."""
        return _read(Statistics, self._call("GET", "/v1/statistics"))

    def evaluation(self, job_ids: Sequence[str]) -> Evaluation:
        """Return the errors of each model on corrected recordings; without ids on all of them."""
        params = {"id": list(job_ids)}
        return _read(Evaluation, self._call("GET", "/v1/evaluation", params=params))

    def voices(self) -> VoiceProfileList:
        """Return the remembered voices, by name."""
        return _read(VoiceProfileList, self._call("GET", "/v1/voices"))

    def rename_voice(self, voice_id: str, name: str) -> VoiceProfile:
        """Rename a remembered voice."""
        body = VoiceRenaming(name=name).model_dump_json()
        headers = {"Content-Type": "application/json"}
        path = f"/v1/voices/{voice_id}"
        return _read(VoiceProfile, self._call("PATCH", path, content=body, headers=headers))

    def delete_voice(self, voice_id: str) -> None:
        """Forget a voice."""
        self._call("DELETE", f"/v1/voices/{voice_id}")

    def start(self, recording: UploadedRecording) -> Job:
        """Start the transcription of an uploaded recording."""
        body = recording.model_dump_json(exclude_none=True)
        headers = {"Content-Type": "application/json"}
        return _read(Job, self._call("POST", "/v1/transcriptions", content=body, headers=headers))

    def _call(self, method: str, path: str, **details: object) -> httpx.Response:
        response = self._send(method, path, **details)
        _raise_for_problem(response)
        return response

    def _send(self, method: str, path: str, **details: object) -> httpx.Response:
        headers = httpx.Headers(details.pop("headers", None))  # type: ignore[arg-type]
        sent = [*headers.raw, *self._identity]
        try:
            return self._http.request(method, path, headers=sent, **details)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise BackendUnavailableError(type(error).__name__) from error


def _job_path(job_id: str) -> str:
    """Return the path of a job.

    Raises:
        BackendError: the id, which comes from the address bar, is malformed.
    """
    if not _match_job_id(job_id):
        kind = ProblemType.NOT_FOUND
        detail = "Invalid job id."
        raise BackendError(
            Problem(type=kind.uri, title=kind.title, status=kind.status, detail=detail)
        )
    return f"/v1/transcriptions/{job_id}"


def _query_value(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _raise_for_problem(response: httpx.Response) -> None:
    if response.is_success:
        return
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        raise BackendUnavailableError(f"status {response.status_code} without a problem") from None
    raise BackendError(problem)


def _read(model: type[Model], response: httpx.Response) -> Model:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise BackendUnavailableError(f"invalid {model.__name__}") from error
