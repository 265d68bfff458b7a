"""The closed set of problems that a service reports, in the format of RFC 9457."""

from enum import Enum

from pydantic import BaseModel, Field

PROBLEM_MEDIA_TYPE = "application/problem+json"


class ProblemType(Enum):
    """A kind of problem: its URI reference, HTTP status and title."""

    EMPTY_AUDIO = ("/problems/empty-audio", 400, "The file contains no audio")
    UNREADABLE_AUDIO = ("/problems/unreadable-audio", 400, "The audio cannot be read")
    NO_AUDIO_STREAM = ("/problems/no-audio-stream", 400, "The video has no audio track")
    DECODER_CRASHED = ("/problems/decoder-crashed", 400, "The recording crashes the decoder")
    BACKEND_CRASHED = ("/problems/backend-crashed", 400, "The recording crashes the service")
    DECODING_LIMIT = ("/problems/decoding-limit", 400, "Decoding takes too much memory or time")
    BAD_REQUEST = ("/problems/bad-request", 400, "Bad request")
    UNAUTHORIZED = ("/problems/unauthorized", 401, "A valid API key is required")
    CROSS_ORIGIN = ("/problems/cross-origin", 403, "The request comes from another site")
    FORBIDDEN = ("/problems/forbidden", 403, "Not allowed")
    NOT_FOUND = ("/problems/not-found", 404, "Not found")
    UNKNOWN_MODEL = ("/problems/unknown-model", 404, "Unknown model")
    METHOD_NOT_ALLOWED = ("/problems/method-not-allowed", 405, "Method not allowed")
    TOO_SLOW = ("/problems/too-slow", 408, "The request is too slow")
    WRONG_STATE = ("/problems/wrong-state", 409, "Not possible in the current state")
    TOO_MANY_VOICES = ("/problems/too-many-voices", 409, "Too many voices")
    UPLOAD_OFFSET_MISMATCH = ("/problems/upload-offset-mismatch", 409, "Wrong upload offset")
    UNSUPPORTED_TUS_VERSION = (
        "/problems/unsupported-tus-version",
        412,
        "Unsupported version of tus",
    )
    TOO_LARGE = ("/problems/too-large", 413, "The file is too large")
    TOO_LONG = ("/problems/too-long", 413, "The recording is too long")
    STORAGE_QUOTA = ("/problems/storage-quota", 413, "The storage quota is used up")
    UNSUPPORTED_MEDIA = ("/problems/unsupported-media", 415, "Not audio or video")
    UNKNOWN_HOST = ("/problems/unknown-host", 421, "The host name is not allowed")
    INVALID_OPTION = ("/problems/invalid-option", 422, "Invalid option")
    TOO_LITTLE_SPEECH = ("/problems/too-little-speech", 422, "Too little speech")
    QUEUE_FULL = ("/problems/queue-full", 429, "Too many recordings are waiting")
    AUDIO_QUOTA = ("/problems/audio-quota", 429, "The audio quota of the day is used up")
    UPLOAD_QUOTA = ("/problems/upload-quota", 429, "Too many unused uploads")
    TOO_MANY_REQUESTS = ("/problems/too-many-requests", 429, "Too many requests at once")
    TOO_MANY_WRONG_KEYS = ("/problems/too-many-wrong-keys", 429, "Too many wrong API keys")
    CHECKSUM_MISMATCH = ("/problems/checksum-mismatch", 460, "Wrong checksum")
    INTERNAL = ("/problems/internal", 500, "Internal error")
    LLM_FAILED = ("/problems/llm-failed", 502, "The speech model failed")
    NOT_READY = ("/problems/not-ready", 503, "The service is not ready yet")
    OVERLOADED = ("/problems/overloaded", 503, "The service is overloaded")
    DISK_FULL = ("/problems/disk-full", 507, "The disk is full")

    def __init__(self, uri: str, status: int, title: str) -> None:
        self.uri = uri
        self.status = status
        self.title = title


class InvalidField(BaseModel):
    """An invalid field of a request."""

    pointer: str = Field(description="JSON pointer to the field, such as `/chunk_length_s`.")
    detail: str


class Problem(BaseModel):
    """Body of every error response, `application/problem+json`."""

    type: str = Field(description="Stable URI reference of the kind of problem.")
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[InvalidField] | None = Field(
        default=None, description="With 422: each invalid field."
    )
