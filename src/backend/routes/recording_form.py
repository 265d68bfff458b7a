"""Parses `multipart/form-data` while it arrives: the file to disk, the options to a dict.

Starlette's form parser would write the whole body to a temporary file first.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from backend.errors import BadRequestError, TooLargeError
from backend.routes.request_body import announced_bytes, body_of
from backend.storage.work_folder import IncomingFile, WorkFolder

FILE_FIELD = "file"

MAX_FORM_OVERHEAD_BYTES = 2**20
"""Limit of boundaries, headers and options, beside the file."""

_MAX_FIELDS = 50
_MAX_HEADER_BYTES = 64 * 2**10
"""Of a part, and so of a file name; `display_name` cuts the name afterwards."""
_MAX_VALUE_BYTES = 512 * 2**10
"""A whole glossary in Cyrillic letters fits, and ten seconds of WAV in base64, at 16 kHz."""

_Values = defaultdict[str, list[bytearray]]


class FileWriter(Protocol):
    """Receives the file of a form, such as an `IncomingFile`."""

    async def write(self, data: bytes) -> None:
        """Append bytes."""


@dataclass
class RecordingForm:
    """The contents of a form, except for the file's content."""

    file_field: str
    options: dict[str, str | list[str]] = field(default_factory=dict)
    has_file: bool = False
    file_name: str | None = None


@dataclass
class _Part:
    name: str
    file_name: str | None


@asynccontextmanager
async def receiving(request: Request, work: WorkFolder) -> AsyncGenerator[IncomingFile]:
    """Open a file for the recording of a request; see `WorkFolder.receiving`.

    Raises:
        TooLargeError: the request announces more bytes than a recording may have.
        DiskFullError: there is not enough disk space for them.
    """
    n_bytes = announced_bytes(request)
    if n_bytes > work.max_bytes + MAX_FORM_OVERHEAD_BYTES:
        raise TooLargeError(f"The file is larger than {work.max_bytes} bytes.")
    async with work.receiving(n_bytes) as incoming:
        yield incoming


async def read_form(
    request: Request,
    incoming: FileWriter,
    *,
    file_field: str = FILE_FIELD,
    is_list: Callable[[str], bool] = lambda _: False,
) -> RecordingForm:
    """Write the form's file to disk and return the rest of the form.

    Args:
        incoming: receives the file.
        file_field: name of the file's field.
        is_list: whether a field may be repeated, and becomes a list.

    Raises:
        BadRequestError: it is not a form, a field is repeated, or the end is missing.
        RequestValidationError: the file is missing.
        TooLargeError, DiskFullError: as `incoming` raises them.
    """
    form = RecordingForm(file_field)
    values: defaultdict[str, list[bytearray]] = defaultdict(list)
    async for part, data in _parts(request.headers.get("Content-Type", ""), body_of(request)):
        if data is None:
            if part.name == file_field or not is_list(part.name):
                _refuse_repeated(part, form, values)
            _begin(part, form, values)
        elif part.name == file_field:
            await incoming.write(data)
        else:
            values[part.name][-1] += data
            if len(values[part.name][-1]) > _MAX_VALUE_BYTES:
                raise BadRequestError(_too_long(part, file_field))
    if not form.has_file:
        missing = {"type": "missing", "loc": ("body", file_field), "msg": "Field required"}
        raise RequestValidationError([missing])
    texts = {name: [_decode(bytes(one)) for one in every] for name, every in values.items()}
    form.options = {name: every if is_list(name) else every[0] for name, every in texts.items()}
    return form


def _too_long(part: _Part, file_field: str) -> str:
    if part.file_name is not None:
        return f"Send the file as {file_field!r}, not as {part.name!r}."
    return "A field of the form is too long."


def _refuse_repeated(part: _Part, form: RecordingForm, values: _Values) -> None:
    if part.name in values or (part.name == form.file_field and form.has_file):
        raise BadRequestError("A field of the form is repeated.")


def _begin(part: _Part, form: RecordingForm, values: _Values) -> None:
    if sum(map(len, values.values())) >= _MAX_FIELDS:
        raise BadRequestError(f"The form has more than {_MAX_FIELDS} fields.")
    if part.name == form.file_field:
        form.has_file, form.file_name = True, part.file_name
    else:
        values[part.name].append(bytearray())


async def _parts(
    content_type: str, body: AsyncIterator[bytes]
) -> AsyncIterator[tuple[_Part, bytes | None]]:
    """Yield each part with None as it begins, then with each piece of its data."""
    events = _Events()
    parser = _parser(content_type, events)
    async for piece in body:
        try:
            parser.write(piece)
        except FormParserError as error:
            raise BadRequestError(
                "The body is not a form, or a header of it, such as a file name, is longer than "
                f"{_MAX_HEADER_BYTES} bytes."
            ) from error
        for event in events.take():
            yield event
    if not events.at_end:
        raise BadRequestError("The form is incomplete.")


def _parser(content_type: str, events: "_Events") -> MultipartParser:
    _, parameters = parse_options_header(content_type)
    boundary = parameters.get(b"boundary")
    if not boundary:
        raise BadRequestError("The header Content-Type has no boundary.")
    try:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": events.on_part_begin,
                "on_header_field": events.on_header_field,
                "on_header_value": events.on_header_value,
                "on_header_end": events.on_header_end,
                "on_headers_finished": events.on_headers_finished,
                "on_part_data": events.on_part_data,
                "on_end": events.on_end,
            },
            max_header_size=_MAX_HEADER_BYTES,
        )
    except FormParserError as error:
        raise BadRequestError("The header Content-Type is not valid.") from error


class _Events:
    """Collects the events of the parser's callbacks."""

    def __init__(self) -> None:
        self.at_end = False
        self._part = _Part("", None)
        self._disposition = b""
        self._header = bytearray()
        self._value = bytearray()
        self._events: list[tuple[_Part, bytes | None]] = []

    def take(self) -> list[tuple[_Part, bytes | None]]:
        """Return the events since the last call."""
        events, self._events = self._events, []
        return events

    def on_part_begin(self) -> None:
        self._disposition = b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def on_headers_finished(self) -> None:
        _, parameters = parse_options_header(self._disposition)
        name = parameters.get(b"name")
        if name is None:
            raise FormParserError("a part has no name")
        file_name = parameters.get(b"filename")
        self._part = _Part(_decode(name), None if file_name is None else _decode(file_name))
        self._events.append((self._part, None))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append((self._part, data[start:end]))

    def on_end(self) -> None:
        self.at_end = True


def _decode(value: bytes) -> str:
    """Decode a field as UTF-8, which browsers and tools send."""
    return value.decode("utf-8", errors="replace")
