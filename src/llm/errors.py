"""Everything the llm tells a client it could not do.

ServiceError
├── EmptyAudioError       400  no sample in the body
├── UnreadableAudioError  400  half a sample at the end
├── TooLongError          413  more than one window of audio
├── InferenceFailedError  502  the model failed on this batch
├── NotReadyError         503  no model yet, with Retry-After
└── OverloadedError       503  the queue is full, with Retry-After
"""

from contracts.problems import ProblemType
from servicekit.errors import ServiceError


class EmptyAudioError(ServiceError):
    """There is no sample in the body."""

    problem_type = ProblemType.EMPTY_AUDIO


class UnreadableAudioError(ServiceError):
    """The body is not made of whole samples."""

    problem_type = ProblemType.UNREADABLE_AUDIO


class TooLongError(ServiceError):
    """The chunk is longer than what the model takes at once."""

    problem_type = ProblemType.TOO_LONG


class InferenceFailedError(ServiceError):
    """The model raised an error; the next batch may well succeed."""

    problem_type = ProblemType.LLM_FAILED


class NotReadyError(ServiceError):
    """No model is loaded yet."""

    problem_type = ProblemType.NOT_READY


class OverloadedError(ServiceError):
    """As many chunks as are allowed are waiting already."""

    problem_type = ProblemType.OVERLOADED
