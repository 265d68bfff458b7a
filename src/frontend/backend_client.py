"""The only file that speaks HTTP: the backend's API, with contracts for answers.

FrontendError
├── BackendError             the backend said no, with a problem
└── BackendUnavailableError  no answer, or none that can be understood
"""

import logging
import re
import time
from base64 import b64encode
from collections.abc import Callable
from enum import StrEnum
from typing import BinaryIO, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from contracts.jobs import Job, UploadedRecording
from contracts.models import Health, ModelList
from contracts.problems import Problem, ProblemType

log = logging.getLogger(__name__)

UPLOAD_CHUNK_BYTES = 4 * 1024**2
"""Bytes sent in one request: what is lost when the connection breaks, and held at once."""

MAX_SEND_ATTEMPTS = 5
"""Tries without a single new byte before an upload is given up."""

RETRY_DELAY_S = 0.5
"""Seconds before the second try; doubled with each further one."""

_TIMEOUT = httpx.Timeout(30.0, connect=3.0)
_QUICK_TIMEOUT = httpx.Timeout(3.0)
_TUS_HEADERS = {"Tus-Resumable": "1.0.0"}
_RETRIED_STATUSES = {409, 423, 429, 502, 503, 504}

_is_job_id = re.compile(r"[A-Za-z0-9_-]{1,128}").fullmatch

Answer = TypeVar("Answer", bound=BaseModel)
ProgressCallback = Callable[[int, int], None]


class ExportFormat(StrEnum):
    """The files a finished transcript can be saved as."""

    TXT = "txt"
    DOCX = "docx"
    SRT = "srt"
    VTT = "vtt"
    TSV = "tsv"
    JSON = "json"


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
    """

    def __init__(self, base_url: str) -> None:
        # a proxy of the environment is for the world outside, not for our own backend
        self._http = httpx.Client(base_url=base_url, timeout=_TIMEOUT, trust_env=False)

    def health(self) -> Health:
        """Return whether the backend can work; one that is still starting is an answer too."""
        response = self._send("GET", "/health/ready", timeout=_QUICK_TIMEOUT)
        if response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            _raise_for_problem(response)
        return _read(Health, response)

    def models(self) -> ModelList:
        """Return the models that are loaded, or on their way."""
        return _read(ModelList, self._call("GET", "/v1/models", timeout=_QUICK_TIMEOUT))

    def job(self, job_id: str) -> Job:
        """Return a job as it is now.

        Raises:
            BackendError: there is none with this id.
        """
        return _read(Job, self._call("GET", _job_path(job_id)))

    def export(self, job_id: str, form: ExportFormat) -> bytes:
        """Return the transcript as a file's content."""
        path = f"{_job_path(job_id)}/export"
        return self._call("GET", path, params={"format": form.value}).content

    def start(self, recording: UploadedRecording) -> Job:
        """Ask for the transcript of a recording that has been uploaded."""
        body = recording.model_dump_json(exclude_none=True)
        headers = {"Content-Type": "application/json"}
        return _read(Job, self._call("POST", "/v1/transcriptions", content=body, headers=headers))

    def upload(
        self, recording: BinaryIO, size_bytes: int, name: str, on_progress: ProgressCallback
    ) -> str:
        """Send a recording by tus 1.0, going on after a broken connection where it stopped.

        Args:
            recording: read in pieces of `UPLOAD_CHUNK_BYTES`, sought back after a failure.
            size_bytes: how much there is in it.
            name: the file's name, for the backend to keep.
            on_progress: told the bytes sent and the bytes in all, after each piece.

        Returns:
            The upload's id.
        """
        upload_id = self._create_upload(size_bytes, name)
        offset, attempt = 0, 1
        on_progress(0, size_bytes)
        while offset < size_bytes:
            try:
                offset = self._send_chunk(upload_id, recording, offset)
            except (BackendUnavailableError, BackendError) as error:
                if attempt == MAX_SEND_ATTEMPTS or not _is_worth_another_try(error):
                    raise
                log.warning("upload_interrupted attempt=%d error=%s", attempt, type(error).__name__)
                time.sleep(RETRY_DELAY_S * 2 ** (attempt - 1))
                attempt += 1
                offset = self._offset_at_backend(upload_id, otherwise=offset)
            else:
                attempt = 1
                on_progress(offset, size_bytes)
        return upload_id

    def _create_upload(self, size_bytes: int, name: str) -> str:
        headers = {
            **_TUS_HEADERS,
            "Upload-Length": str(size_bytes),
            "Upload-Metadata": f"filename {b64encode(name.encode()).decode()}",
        }
        location = self._call("POST", "/v1/uploads/", headers=headers).headers.get("Location", "")
        # only the id is taken: behind a proxy the address may name a host we cannot reach
        if upload_id := location.rstrip("/").rpartition("/")[2]:
            return upload_id
        raise BackendUnavailableError("the answer to a new upload has no Location")

    def _send_chunk(self, upload_id: str, recording: BinaryIO, offset: int) -> int:
        recording.seek(offset)
        headers = {
            **_TUS_HEADERS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        chunk = recording.read(UPLOAD_CHUNK_BYTES)
        path = f"/v1/uploads/{upload_id}"
        return _read_offset(self._call("PATCH", path, content=chunk, headers=headers))

    def _offset_at_backend(self, upload_id: str, otherwise: int) -> int:
        try:
            return _read_offset(
                self._call("HEAD", f"/v1/uploads/{upload_id}", headers=_TUS_HEADERS)
            )
        except BackendUnavailableError:
            return otherwise

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


def _read_offset(response: httpx.Response) -> int:
    try:
        return int(response.headers["Upload-Offset"])
    except (KeyError, ValueError) as error:
        raise BackendUnavailableError("no Upload-Offset") from error


def _is_worth_another_try(error: FrontendError) -> bool:
    if isinstance(error, BackendError):
        return error.problem.status in _RETRIED_STATUSES
    return True
