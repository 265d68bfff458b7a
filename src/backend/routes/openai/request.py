"""The form of OpenAI's audio requests."""

import re
from base64 import b64decode
from collections import defaultdict
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

from fastapi import Request
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from backend.routes.json_body import request_validation
from backend.routes.openai.errors import NotAFormError
from backend.routes.prompt import TrimmedPrompt
from backend.routes.recording_form import FILE_FIELD, RecordingForm, read_form
from backend.storage.work_folder import IncomingFile
from contracts.jobs import SpeakerName
from contracts.languages import AUTO_LANGUAGE
from contracts.options import Diarization, LanguageCode, Task, TranscribeOptions

FORM = "multipart/form-data"

GRANULARITIES_FIELD = "timestamp_granularities[]"
INCLUDE_FIELD = "include[]"
SPEAKER_NAMES_FIELD = "known_speaker_names[]"
SPEAKER_REFERENCES_FIELD = "known_speaker_references[]"
_LIST_FIELDS = (
    GRANULARITIES_FIELD,
    INCLUDE_FIELD,
    SPEAKER_NAMES_FIELD,
    SPEAKER_REFERENCES_FIELD,
)
"""Names of the lists in OpenAI's own clients."""

MAX_KNOWN_SPEAKERS = 4
"""Source: OpenAI's API reference."""

_data_url = re.compile(r"data:(?:audio|video)/[\w.+-]+(?:;[\w=.+-]+)*;base64,", re.IGNORECASE)


def _decoded(url: object) -> bytes:
    """Return the content of a data URL.

    Raises: ValueError: it is none of audio or video, or not in base64.
    """
    head = _data_url.match(url) if isinstance(url, str) else None
    if head is None:
        raise ValueError("must be a data URL of audio, in base64")
    try:
        return b64decode(head.string[head.end() :], validate=True)
    except ValueError as error:
        raise ValueError("is not valid base64") from error


VoiceReference = Annotated[bytes, BeforeValidator(_decoded), WithJsonSchema({"type": "string"})]
"""A short audio file, sent as a data URL."""

_KnownName = Annotated[SpeakerName, Field(min_length=1)]

_MEANINGFUL_EMPTY = {"glossary"}
"""Fields whose empty value differs from their default: no glossary, rather than the saved one."""

_without_index = partial(re.compile(r"\[\d*\]$").sub, "")


class ResponseFormat(StrEnum):
    """The format of the response."""

    JSON = "json"
    TEXT = "text"
    SRT = "srt"
    VERBOSE_JSON = "verbose_json"
    VTT = "vtt"
    DIARIZED_JSON = "diarized_json"


class Granularity(StrEnum):
    """The units that have times in `verbose_json`."""

    WORD = "word"
    SEGMENT = "segment"


class Include(StrEnum):
    """Further information in the response."""

    LOGPROBS = "logprobs"


class AudioRequest(TranscribeOptions):
    """OpenAI's fields, beside the options of this service.

    Two defaults are OpenAI's: without a language the model detects it, and the end of a prompt
    that is too long is used. Unknown fields are ignored: OpenAI adds fields, and its clients send
    them.
    """

    model_config = ConfigDict(extra="ignore")

    model: str = Field(  # pyright: ignore[reportIncompatibleVariableOverride]  # it is required
        description="A listed model; or `whisper-1` or another service's name for Whisper: the "
        "model for the language."
    )
    language: LanguageCode = Field(AUTO_LANGUAGE, description="ISO 639-1 code, or `auto`.")
    prompt: TrimmedPrompt = Field("", description="Text or terms to expect.")
    response_format: ResponseFormat = Field(
        ResponseFormat.JSON, description="Format of the response."
    )
    stream: bool = Field(False, description="Stream the text as server-sent events.")
    timestamp_granularities: list[Granularity] = Field(
        [Granularity.SEGMENT],
        alias=GRANULARITIES_FIELD,
        description="`word`, `segment` or both, by repeating the field.",
    )
    include: list[Include] = Field(
        default_factory=list[Include],
        alias=INCLUDE_FIELD,
        description="`logprobs` adds log-probabilities of the words to `json` and to the stream.",
    )

    known_speaker_names: list[_KnownName] = Field(
        default_factory=list[_KnownName],
        alias=SPEAKER_NAMES_FIELD,
        max_length=MAX_KNOWN_SPEAKERS,
        description="Names of known speakers, for `diarized_json` without `stream`.",
    )
    known_speaker_references: list[VoiceReference] = Field(
        default_factory=list[VoiceReference],
        alias=SPEAKER_REFERENCES_FIELD,
        max_length=MAX_KNOWN_SPEAKERS,
        validate_default=True,
        description="The voice of each name: two to ten seconds of audio as a data URL.",
    )

    @field_validator("known_speaker_references")
    @classmethod
    def _check_known_speakers(
        cls, references: list[VoiceReference], info: ValidationInfo
    ) -> list[VoiceReference]:
        names = info.data.get("known_speaker_names")
        if names is not None and not len(references) == len(names) == len(set(names)):
            raise ValueError("there must be one for each of the names, which must differ")
        can_name = info.data.get("response_format") is ResponseFormat.DIARIZED_JSON
        if references and (not can_name or info.data.get("stream")):
            raise ValueError("known speakers need response_format=diarized_json, without stream")
        return references

    @property
    def known_voices(self) -> dict[str, bytes]:
        """The audio file with the voice of each known name."""
        return dict(zip(self.known_speaker_names, self.known_speaker_references, strict=True))

    @field_validator("task")
    @classmethod
    def _refuse_task(cls, task: Task) -> Task:
        raise ValueError("the path selects transcription or translation")

    def options(self, task: Task, model: str | None) -> TranscribeOptions:
        """Return this service's options.

        Args:
            task: as the path selects it.
            model: id of the listed model that is requested; None: the one for the language.
        """
        own = self.model_dump(include=set(TranscribeOptions.model_fields))
        words = (
            self.word_timestamps
            or Granularity.WORD in self.timestamp_granularities
            or Include.LOGPROBS in self.include
        )
        diarization = self.diarization
        if self.response_format is ResponseFormat.DIARIZED_JSON and diarization is Diarization.NONE:
            diarization = Diarization.AUTO
        return TranscribeOptions.model_validate(
            own
            | {
                "task": task,
                "model": model,
                "diarization": diarization,
                "word_timestamps": words,
                "low_latency": self.low_latency or self.stream,
            }
        )


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
    """Return a field's schema without references, whose targets are not among the components."""
    reference = field.get("$ref", "").rpartition("/")[2]
    inlined = {**definitions.get(reference, {}), **field}
    inlined.pop("$ref", None)
    if "items" in inlined:
        inlined["items"] = _inlined(inlined["items"], definitions)
    return inlined


def _is_list(name: str) -> bool:
    """Return whether a field may be repeated; unknown ones may."""
    fields = AudioRequest.model_fields
    return name not in fields or fields[name].alias in _LIST_FIELDS


def _fields_of(form: RecordingForm) -> dict[str, str | list[str]]:
    """Return a form's fields without meaningless empty ones, and each list under its own name.

    Clients write a list as `name`, `name[]` or `name[0]`, `name[1]`.
    """
    fields: dict[str, str | list[str]] = {}
    lists = defaultdict[str, list[str]](list)
    for name, value in form.options.items():
        if isinstance(value, str):
            fields |= {name: value} if value or name in _MEANINGFUL_EMPTY else {}
        elif (list_name := f"{_without_index(name)}[]") in _LIST_FIELDS:
            lists[list_name] += filter(None, value)
    return fields | {name: values for name, values in lists.items() if values}


async def read_request(request: Request, incoming: IncomingFile) -> tuple[AudioRequest, str | None]:
    """Write the form's file to disk; return the request and the file name.

    Raises:
        NotAFormError: the body is not a form.
        RequestValidationError: a field is missing or not valid.
        BadRequestError, TooLargeError, DiskFullError: as for any recording.
    """
    content_type = request.headers.get("Content-Type", "")
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise NotAFormError(f"Send the recording as {FORM}.")
    form = await read_form(request, incoming, is_list=_is_list)
    with request_validation():
        return AudioRequest.model_validate(_fields_of(form)), form.file_name
