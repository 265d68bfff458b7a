"""Several transcripts as one zip: `/transcripts.zip` on the page's own server."""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain, count
from pathlib import PurePath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from contracts.exports import ExportFormat
from contracts.problems import ProblemType
from frontend.backend_client import (
    BackendClient,
    BackendError,
    ExportedFile,
    FrontendError,
)
from frontend.backend_gateway import is_of_this_page, refuse, refuse_foreign

MAX_TRANSCRIPTS = 500
"""Transcripts in one zip, which is as many as the history shows at once."""

_MAX_BODY_BYTES = 128 * 1024
_MAX_STEM_BYTES = 180
"""Most file systems end at 255 bytes a name; a number and an extension are added to it."""

_forbidden = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_reserved = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE).fullmatch


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: ExportFormat
    ids: Annotated[list[str], Field(min_length=1, max_length=MAX_TRANSCRIPTS)]


class _Outbox:
    """A file that is only written to, whose content is taken away as it comes."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """There is nowhere to flush to."""

    def take(self) -> bytes:
        content, self._pieces = b"".join(self._pieces), []
        return content


def bulk_export(backend: BackendClient) -> Route:
    """Return the route of the zip."""

    async def answer(request: Request) -> Response:
        if not is_of_this_page(request):
            return refuse_foreign()
        try:
            wanted = _Wanted.model_validate_json(await _body(request))
        except ValidationError:
            return refuse(ProblemType.INVALID_OPTION, "Which transcripts, and in which format?")
        files = _exported(backend, wanted)
        try:
            first = await run_in_threadpool(next, files, None)
        except FrontendError:
            return refuse(ProblemType.NOT_READY, "The backend does not answer.")
        if first is None:
            return refuse(ProblemType.NOT_FOUND, "None of these has a text.")
        pieces = zip_of(chain([first], files))
        return StreamingResponse(pieces, media_type="application/zip")

    return Route("/transcripts.zip", answer, methods=["POST"])


async def _body(request: Request) -> bytes:
    """Return the body, cut where it is longer than any that we would take."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_BODY_BYTES:
            return b""
    return body


def _exported(backend: BackendClient, wanted: _Wanted) -> Iterator[ExportedFile]:
    """Give each transcript; one that is gone by now, or has no text, is passed over."""
    for job_id in dict.fromkeys(wanted.ids):
        try:
            yield backend.exported_file(job_id, wanted.format)
        except BackendError as error:
            if error.problem_type not in (ProblemType.NOT_FOUND, ProblemType.WRONG_STATE):
                raise


def zip_of(files: Iterable[ExportedFile]) -> Iterator[bytes]:
    """Give a zip in pieces, with one file of it in memory at a time."""
    outbox, taken = _Outbox(), set[str]()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        for file in files:
            archive.writestr(_free_name(file.name, taken), file.content)
            yield outbox.take()
    yield outbox.take()


def _free_name(name: str, taken: set[str]) -> str:
    """Return a name for any file system, that differs from the others by more than case."""
    path = PurePath(_forbidden.sub("_", unicodedata.normalize("NFC", name)))
    stem = path.stem.encode()[:_MAX_STEM_BYTES].decode(errors="ignore").strip(" .") or "_"
    if _reserved(stem):
        stem = f"_{stem}"
    numbered = chain([""], (f" ({number})" for number in count(2)))
    names = (f"{stem}{number}{path.suffix}" for number in numbered)
    free = next(each for each in names if each.casefold() not in taken)
    taken.add(free.casefold())
    return free
