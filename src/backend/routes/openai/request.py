"""What a client of OpenAI's API may ask for, read from its form."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator, Field, field_validator

from backend.errors import UnsupportedMediaError
from backend.routes.json_body import invalid_fields_told
from backend.routes.recording_form import FILE_FIELD, read_form
from backend.routes.request_body import body_of
from backend.storage.work_folder import IncomingFile
from contracts.languages import AUTO_LANGUAGE
from contracts.transcription import MAX_PROMPT_CHARS, LanguageCode, Task, TranscribeOptions

FORM = "multipart/form-data"

LIST_FIELD = "timestamp_granularities[]"
"""OpenAI's clients name lists so."""


class ResponseFormat(StrEnum):
    """In what form the text is answered."""

    JSON = "json"
    TEXT = "text"
    SRT = "srt"
    VERBOSE_JSON = "verbose_json"
    VTT = "vtt"


class Granularity(StrEnum):
    """What times are given for, in `verbose_json`."""

    WORD = "word"
    SEGMENT = "segment"


def _latest_part(prompt: object) -> object:
    return prompt[-MAX_PROMPT_CHARS:] if isinstance(prompt, str) else prompt


class AudioRequest(TranscribeOptions):
    """OpenAI's fields; our own options may come beside them.

    Two defaults are OpenAI's and not ours: without a language the model finds it by itself,
    and of a prompt that is too long the end is used.
    """

    model: str = Field(description="`whisper-1`, or a model that is listed: the one loaded.")
    language: LanguageCode = Field(AUTO_LANGUAGE, description="ISO 639-1 code, or `auto`.")
    prompt: Annotated[str, BeforeValidator(_latest_part)] = Field(
        "", max_length=MAX_PROMPT_CHARS, description="Text or terms to expect."
    )
    response_format: ResponseFormat = Field(ResponseFormat.JSON, description="Form of the answer.")
    stream: bool = Field(False, description="Send the text as it comes, as server-sent events.")
    timestamp_granularities: list[Granularity] = Field(
        [Granularity.SEGMENT],
        alias=LIST_FIELD,
        description="`word`, `segment` or both: the field comes once for each.",
    )

    @field_validator("task")
    @classmethod
    def _is_said_by_the_address(cls, task: Task) -> Task:
        raise ValueError("the address says whether to transcribe or to translate")

    def options(self, task: Task) -> TranscribeOptions:
        """Return our own options; the task is what the address says."""
        own = self.model_dump(include=set(TranscribeOptions.model_fields))
        words = self.word_timestamps or Granularity.WORD in self.timestamp_granularities
        return TranscribeOptions.model_validate(own | {"task": task, "word_timestamps": words})


def form_schema() -> dict[str, Any]:
    """Return the form's schema for OpenAPI."""
    schema = AudioRequest.model_json_schema()
    definitions = schema.pop("$defs")
    fields = {name: _inlined(one, definitions) for name, one in schema["properties"].items()}
    del fields["task"]
    file = {"type": "string", "format": "binary", "description": "Audio or video."}
    return {
        **schema,
        "properties": {FILE_FIELD: file, **fields},
        "required": [FILE_FIELD, *schema["required"]],
    }


def _inlined(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a field's schema without references: no answer brings what they refer to along."""
    reference = field.get("$ref", "").rpartition("/")[2]
    inlined = {**definitions.get(reference, {}), **field}
    inlined.pop("$ref", None)
    if "items" in inlined:
        inlined["items"] = _inlined(inlined["items"], definitions)
    return inlined


async def read_request(request: Request, incoming: IncomingFile) -> tuple[AudioRequest, str | None]:
    """Write the form's file to disk; return what is asked for and the client's name of the file.

    Raises:
        UnsupportedMediaError: the body is not a form.
        RequestValidationError: a field is missing or not valid.
        BadRequestError, TooLargeError, DiskFullError: as for any recording.
    """
    content_type = request.headers.get("Content-Type", "")
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise UnsupportedMediaError(f"Send the recording as {FORM}.")
    form = await read_form(content_type, body_of(request), incoming, frozenset({LIST_FIELD}))
    if not form.has_file:
        missing = {"type": "missing", "loc": ("body", FILE_FIELD), "msg": "Field required"}
        raise RequestValidationError([missing])
    with invalid_fields_told():
        return AudioRequest.model_validate(form.options), form.file_name
