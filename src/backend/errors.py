"""Errors that the backend reports to its clients.

ServiceError
├── EmptyAudioError             400  the file has no samples
├── UnreadableAudioError        400  the audio cannot be decoded
├── NoAudioStreamError          400  the video has no audio track
├── DecoderCrashedError         400  the decoder's process crashed on the file
├── BackendCrashedError         400  the backend crashed on the file again and again
├── DecodingLimitError          400  decoding takes too much memory or time
├── BadRequestError             400  the request is malformed
├── MissingKeyError             401  with WWW-Authenticate
├── UnknownKeyError             401  with WWW-Authenticate
├── ForbiddenError              403
├── JobNotFoundError            404
├── AudioNotFoundError          404  the recording was deleted
├── UploadNotFoundError         404
├── VoiceNotFoundError          404
├── KeyNotFoundError            404
├── TooSlowError                408  the body arrives too slowly
├── WrongStateError             409  the job is in another state
├── TooManyVoicesError          409  the owner has as many voice profiles as are allowed
├── UploadOffsetMismatchError   409  the client's offset differs from the backend's
├── UnsupportedTusVersionError  412
├── TooLargeError               413  over MAX_UPLOAD_BYTES
├── TooLongError                413  over MAX_DURATION_S
├── StorageQuotaError           413  the owner's recordings exceed MAX_KEPT_BYTES
├── UnsupportedMediaError       415  neither audio nor video
├── TooLittleSpeechError        422  the speaker says too little for a voice print
├── NoSuchTrackError            422  the file has no audio track of that number
├── UnsupportedOptionError      422  the model cannot follow an option; in servicekit
├── NoSuchWordError             422  the segment has no border there
├── GlossaryFullError           422  the saved glossary would have too many lines
├── QueueFullError              429  with Retry-After
├── AudioQuotaError             429  MAX_AUDIO_HOURS_PER_DAY; with Retry-After
├── UploadQuotaError            429  with Retry-After
├── TooManyRequestsError        429  of one owner at once; with Retry-After
├── TooManyWrongKeysError       429  with Retry-After
├── ChecksumMismatchError       460  tus's own status
├── LlmFailedError              502  no valid response from the llm, after retries
├── LlmNotReadyError            503  with Retry-After
├── DatabaseUnavailableError    503  with Retry-After
├── StorageUnavailableError     503  with Retry-After
├── OverloadedError             503  with Retry-After
└── DiskFullError               507
"""

from collections.abc import Mapping

from contracts.problems import ProblemType
from servicekit.errors import ServiceError


class EmptyAudioError(ServiceError):
    """The file has no samples."""

    problem_type = ProblemType.EMPTY_AUDIO


class UnreadableAudioError(ServiceError):
    """The audio of the file cannot be decoded."""

    problem_type = ProblemType.UNREADABLE_AUDIO


class NoAudioStreamError(ServiceError):
    """The video has no audio track."""

    problem_type = ProblemType.NO_AUDIO_STREAM


class NoSuchTrackError(ServiceError):
    """The file has no audio track of the requested number."""

    problem_type = ProblemType.INVALID_OPTION


class NoSuchWordError(ServiceError):
    """A segment cannot be split there: the place is not between two of its words."""

    problem_type = ProblemType.INVALID_OPTION


class GlossaryFullError(ServiceError):
    """The saved glossary would have too many lines."""

    problem_type = ProblemType.INVALID_OPTION


class DecoderCrashedError(ServiceError):
    """The process that decodes the file has crashed."""

    problem_type = ProblemType.DECODER_CRASHED


class BackendCrashedError(ServiceError):
    """The backend ended unexpectedly each time it worked on the recording."""

    problem_type = ProblemType.BACKEND_CRASHED


class DecodingLimitError(ServiceError):
    """Decoding the file takes more memory or time than any recording should."""

    problem_type = ProblemType.DECODING_LIMIT


class BadRequestError(ServiceError):
    """The request is malformed."""

    problem_type = ProblemType.BAD_REQUEST


class MissingKeyError(ServiceError):
    """The request has no API key (RFC 6750, section 3)."""

    problem_type = ProblemType.UNAUTHORIZED
    challenge = 'Bearer realm="speech_transcription"'

    @property
    def headers(self) -> Mapping[str, str]:
        """The challenge of the response."""
        return {"WWW-Authenticate": self.challenge}


class UnknownKeyError(MissingKeyError):
    """The request's API key is not valid."""

    challenge = f'{MissingKeyError.challenge}, error="invalid_token"'


class ForbiddenError(ServiceError):
    """The client may not make this request."""

    problem_type = ProblemType.FORBIDDEN


class JobNotFoundError(ServiceError):
    """No job has this id."""

    problem_type = ProblemType.NOT_FOUND


class AudioNotFoundError(ServiceError):
    """The recording of the job was deleted."""

    problem_type = ProblemType.NOT_FOUND


class UploadNotFoundError(ServiceError):
    """No upload has this id; it may be used up or expired."""

    problem_type = ProblemType.NOT_FOUND


class VoiceNotFoundError(ServiceError):
    """No voice profile has this id."""

    problem_type = ProblemType.NOT_FOUND


class KeyNotFoundError(ServiceError):
    """No valid key has this id."""

    problem_type = ProblemType.NOT_FOUND


class TooManyVoicesError(ServiceError):
    """The owner has as many voice profiles as are allowed."""

    problem_type = ProblemType.TOO_MANY_VOICES


class TooLittleSpeechError(ServiceError):
    """A speaker says too little for a voice print."""

    problem_type = ProblemType.TOO_LITTLE_SPEECH


class TooSlowError(ServiceError):
    """The body of a request arrives too slowly."""

    problem_type = ProblemType.TOO_SLOW


class WrongStateError(ServiceError):
    """The call is not possible in the current state of the job or upload."""

    problem_type = ProblemType.WRONG_STATE


class UploadOffsetMismatchError(ServiceError):
    """The client continues an upload at another byte than the next one."""

    problem_type = ProblemType.UPLOAD_OFFSET_MISMATCH


class UnsupportedTusVersionError(ServiceError):
    """The client uses another version of tus than 1.0.0."""

    problem_type = ProblemType.UNSUPPORTED_TUS_VERSION


class TooLargeError(ServiceError):
    """The file or body is larger than allowed."""

    problem_type = ProblemType.TOO_LARGE


class TooLongError(ServiceError):
    """The recording is longer than allowed."""

    problem_type = ProblemType.TOO_LONG


class StorageQuotaError(ServiceError):
    """The owner's recordings would take more space than its quota."""

    problem_type = ProblemType.STORAGE_QUOTA


class UnsupportedMediaError(ServiceError):
    """The content is neither audio nor video."""

    problem_type = ProblemType.UNSUPPORTED_MEDIA


class QueueFullError(ServiceError):
    """The queue has no free place."""

    problem_type = ProblemType.QUEUE_FULL


class AudioQuotaError(ServiceError):
    """The owner has sent as much audio today as its quota allows."""

    problem_type = ProblemType.AUDIO_QUOTA


class UploadQuotaError(ServiceError):
    """The owner has too many uploads that no transcription has used."""

    problem_type = ProblemType.UPLOAD_QUOTA


class TooManyRequestsError(ServiceError):
    """The owner does too much at once."""

    problem_type = ProblemType.TOO_MANY_REQUESTS


class TooManyWrongKeysError(ServiceError):
    """The client has sent too many wrong API keys."""

    problem_type = ProblemType.TOO_MANY_WRONG_KEYS


class ChecksumMismatchError(ServiceError):
    """The bytes of an upload do not have the checksum that was announced."""

    problem_type = ProblemType.CHECKSUM_MISMATCH


class LlmFailedError(ServiceError):
    """The llm returned no valid response, after all retries."""

    problem_type = ProblemType.LLM_FAILED


class LlmNotReadyError(ServiceError):
    """The llm has no model loaded yet."""

    problem_type = ProblemType.NOT_READY


class DatabaseUnavailableError(ServiceError):
    """The database cannot be reached."""

    problem_type = ProblemType.NOT_READY


class StorageUnavailableError(ServiceError):
    """The store of the recordings cannot be reached."""

    problem_type = ProblemType.NOT_READY


class OverloadedError(ServiceError):
    """Too many clients do the same at once."""

    problem_type = ProblemType.OVERLOADED


class DiskFullError(ServiceError):
    """The disk has no space left."""

    problem_type = ProblemType.DISK_FULL
