"""The query parameters and the form of whisper-asr-webservice."""

import struct
from enum import StrEnum
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel, Field, model_validator

from backend.routes.prompt import TrimmedPrompt
from backend.storage.work_folder import IncomingFile
from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES
from contracts.languages import AUTO_LANGUAGE
from contracts.options import LanguageCode, Task, TranscribeOptions

FILE_FIELD = "audio_file"

FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "AudioFileForm",
    "properties": {
        FILE_FIELD: {"type": "string", "format": "binary", "description": "Audio or video."}
    },
    "required": [FILE_FIELD],
}

_UNKNOWN_LENGTH = 0xFFFFFFFF
"""Stands in the header of a WAV file whose length was not known when it was written."""

_WAV_HEADER = struct.pack(
    "<4sI4s4sIHHIIHH4sI",
    *(b"RIFF", _UNKNOWN_LENGTH, b"WAVE"),
    *(b"fmt ", 16, 1, 1, SAMPLE_RATE, SAMPLE_RATE * SAMPLE_WIDTH_BYTES),
    *(SAMPLE_WIDTH_BYTES, 8 * SAMPLE_WIDTH_BYTES),
    *(b"data", _UNKNOWN_LENGTH),
)
"""Of s16le, mono, 16 kHz. Source: Microsoft, Multimedia Programming Interface 1.0, chapter 3."""


class Output(StrEnum):
    """The format of the response."""

    TXT = "txt"
    VTT = "vtt"
    SRT = "srt"
    TSV = "tsv"
    JSON = "json"


class AudioQuery(BaseModel):
    """Parameters of both endpoints; unknown ones are ignored, and an empty one is an unset one."""

    encode: bool = Field(
        True, description="`false`: the file is raw s16le, mono, 16 kHz, without a header."
    )
    video_file: str = Field("", description="Path of the video, which names the recording.")

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, query: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in query.items() if value != ""}

    @property
    def name(self) -> str | None:
        """The recording's name; None: the file's own."""
        return PurePath(self.video_file).name or None


class AsrQuery(AudioQuery):
    """Parameters of `/asr`."""

    task: Task = Field(Task.TRANSCRIBE, description="Transcribe, or translate to English.")
    language: LanguageCode = Field(AUTO_LANGUAGE, description="Language of the speech.")
    initial_prompt: TrimmedPrompt = Field("", description="Text or terms to expect.")
    vad_filter: bool = Field(False, description="Ignored: only speech is transcribed anyway.")
    word_timestamps: bool = Field(False, description="Return the times of each word in `json`.")
    output: Output = Field(Output.TXT, description="Format of the response.")

    def options(self) -> TranscribeOptions:
        """Return this service's options."""
        own = self.model_dump(include={"task", "language", "word_timestamps"})
        return TranscribeOptions.model_validate(own | {"prompt": self.initial_prompt})


class RawAudio:
    """Writes raw samples as a WAV file; a file that is WAV already stays as it is."""

    def __init__(self, incoming: IncomingFile) -> None:
        self._incoming = incoming
        self._is_begun = False

    async def write(self, data: bytes) -> None:
        """Append bytes; see `IncomingFile.write`."""
        if data and not self._is_begun:
            self._is_begun = True
            if not b"RIFF".startswith(data[:4]):
                await self._incoming.write(_WAV_HEADER)
        await self._incoming.write(data)
