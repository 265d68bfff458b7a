"""Errors that the llm answers with.

ServiceError
├── EmptyAudioError       400  the body has no samples
├── UnreadableAudioError  400  the body ends in the middle of a sample
├── TooLongError          413  the chunk is longer than one window
├── UnknownModelError     404  there is no model of the requested id; in servicekit
├── UnsupportedOptionError  422  the model cannot follow an option; in servicekit
├── InferenceFailedError  502  the model failed on the batch
├── NotReadyError         503  no model is loaded yet; with Retry-After
└── OverloadedError       503  the queue is full; with Retry-After
"""

from contracts.problems import ProblemType
from servicekit.errors import ServiceError


class EmptyAudioError(ServiceError):
    """The body has no samples."""

    problem_type = ProblemType.EMPTY_AUDIO


class UnreadableAudioError(ServiceError):
    """The body ends in the middle of a sample."""

    problem_type = ProblemType.UNREADABLE_AUDIO


class TooLongError(ServiceError):
    """The chunk is longer than the model's window."""

    problem_type = ProblemType.TOO_LONG


class InferenceFailedError(ServiceError):
    """The model raised an error; the next batch may succeed."""

    problem_type = ProblemType.LLM_FAILED


class NotReadyError(ServiceError):
    """No model is loaded yet."""

    problem_type = ProblemType.NOT_READY


class OverloadedError(ServiceError):
    """The queue of waiting chunks is full."""

    problem_type = ProblemType.OVERLOADED
