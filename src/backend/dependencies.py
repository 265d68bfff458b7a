"""What the routes are given."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from backend.jobs.service import JobService
from backend.llm_client import LlmClient
from backend.storage.uploads import UploadStore
from backend.storage.work_folder import WorkFolder

LOCAL_OWNER = "local"
"""Whose everything is while there are no keys."""


@dataclass(frozen=True)
class Services:
    """The parts of the backend that live while its app runs; `app.state.services`."""

    jobs: JobService
    llm: LlmClient
    uploads: UploadStore
    work: WorkFolder


def _services(request: Request) -> Services:
    return request.app.state.services


def _jobs(request: Request) -> JobService:
    return _services(request).jobs


def _llm(request: Request) -> LlmClient:
    return _services(request).llm


def _uploads(request: Request) -> UploadStore:
    return _services(request).uploads


def _work(request: Request) -> WorkFolder:
    return _services(request).work


def _owner() -> str:
    return LOCAL_OWNER


Jobs = Annotated[JobService, Depends(_jobs)]
Llm = Annotated[LlmClient, Depends(_llm)]
Uploads = Annotated[UploadStore, Depends(_uploads)]
Work = Annotated[WorkFolder, Depends(_work)]
Owner = Annotated[str, Depends(_owner)]
