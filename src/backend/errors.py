"""Everything the backend tells a client it could not do.

ServiceError
├── EmptyAudioError             400  no sample in the file
├── UnreadableAudioError        400  it is audio, but it cannot be decoded
├── NoAudioStreamError          400  a video without sound
├── BadRequestError             400  the request's form is wrong
├── MissingKeyError             401  with WWW-Authenticate
├── UnknownKeyError             401  with WWW-Authenticate
├── JobNotFoundError            404
├── AudioNotFoundError          404  the recording is not kept any more
├── UploadNotFoundError         404
├── WrongStateError             409  the job is not (or no longer) in the state needed
├── UploadOffsetMismatchError   409  the client and we disagree on what has arrived
├── UnsupportedTusVersionError  412
├── TooLargeError               413  more bytes than MAX_UPLOAD_BYTES
├── TooLongError                413  more seconds than MAX_DURATION_S
├── UnsupportedMediaError       415  not audio or video
├── QueueFullError              429  with Retry-After
├── LlmFailedError              502  the llm gave no usable answer, after retries
├── LlmNotReadyError            503  with Retry-After
├── DatabaseAwayError           503  with Retry-After
└── DiskFullError               507
"""

from collections.abc import Mapping

from contracts.problems import ProblemType
from servicekit.errors import ServiceError


class EmptyAudioError(ServiceError):
    """There is no sample in the file."""

    problem_type = ProblemType.EMPTY_AUDIO


class UnreadableAudioError(ServiceError):
    """The file is audio or video, but its sound cannot be decoded."""

    problem_type = ProblemType.UNREADABLE_AUDIO


class NoAudioStreamError(ServiceError):
    """The file is a video without sound."""

    problem_type = ProblemType.NO_AUDIO_STREAM


class BadRequestError(ServiceError):
    """The request's form is wrong."""

    problem_type = ProblemType.BAD_REQUEST


class MissingKeyError(ServiceError):
    """The request came without a key (RFC 6750, section 3)."""

    problem_type = ProblemType.UNAUTHORIZED
    challenge = 'Bearer realm="speech_transcription"'

    @property
    def headers(self) -> Mapping[str, str]:
        """What the client is asked for."""
        return {"WWW-Authenticate": self.challenge}


class UnknownKeyError(MissingKeyError):
    """The request's key is none of ours."""

    challenge = f'{MissingKeyError.challenge}, error="invalid_token"'


class JobNotFoundError(ServiceError):
    """No job has this id."""

    problem_type = ProblemType.NOT_FOUND


class AudioNotFoundError(ServiceError):
    """The job's recording is not kept any more."""

    problem_type = ProblemType.NOT_FOUND


class UploadNotFoundError(ServiceError):
    """No upload has this id, or it has been used or has expired."""

    problem_type = ProblemType.NOT_FOUND


class WrongStateError(ServiceError):
    """The job is not, or no longer, in the state that the call needs."""

    problem_type = ProblemType.WRONG_STATE


class UploadOffsetMismatchError(ServiceError):
    """The client goes on at another byte than the one after the last that arrived."""

    problem_type = ProblemType.UPLOAD_OFFSET_MISMATCH


class UnsupportedTusVersionError(ServiceError):
    """The client speaks another version of tus than 1.0.0."""

    problem_type = ProblemType.UNSUPPORTED_TUS_VERSION


class TooLargeError(ServiceError):
    """The file has more bytes than are accepted."""

    problem_type = ProblemType.TOO_LARGE


class TooLongError(ServiceError):
    """The recording lasts longer than is accepted."""

    problem_type = ProblemType.TOO_LONG


class UnsupportedMediaError(ServiceError):
    """The content is neither audio nor video."""

    problem_type = ProblemType.UNSUPPORTED_MEDIA


class QueueFullError(ServiceError):
    """As many recordings as are allowed are waiting already."""

    problem_type = ProblemType.QUEUE_FULL


class LlmFailedError(ServiceError):
    """The llm gave no usable answer, after every retry."""

    problem_type = ProblemType.LLM_FAILED


class LlmNotReadyError(ServiceError):
    """The llm has no model yet."""

    problem_type = ProblemType.NOT_READY


class DatabaseAwayError(ServiceError):
    """The database cannot be reached."""

    problem_type = ProblemType.NOT_READY


class DiskFullError(ServiceError):
    """The disk has no room for what has to be written."""

    problem_type = ProblemType.DISK_FULL
