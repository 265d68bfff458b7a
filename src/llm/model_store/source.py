"""The interface of checkpoint sources."""

from collections.abc import Callable
from typing import Protocol

from contracts.models import ModelFailure
from llm.engines.protocol import Checkpoint

OnProgress = Callable[[float], None]
"""Receives the downloaded share in [0, 1]; called from another thread."""


class FetchError(Exception):
    """A download failed and may succeed later; the message tells the operator why."""

    failure = ModelFailure.HUB_UNREACHABLE


class UnknownModelError(FetchError):
    """The hub has no public model, or no revision, of that name."""

    failure = ModelFailure.NOT_ON_HUB


class DamagedDownloadError(FetchError):
    """A file has a wrong checksum."""

    failure = ModelFailure.DAMAGED_DOWNLOAD


class CheckpointSource(Protocol):
    """One model on the hub, in a folder or in packages. Both methods block."""

    def find(self) -> Checkpoint | None:
        """Return the checkpoint if it is on this machine.

        Raises:
            CheckpointError: it is invalid.
        """
        ...

    def fetch(self, on_progress: OnProgress) -> Checkpoint:
        """Download the checkpoint.

        Raises:
            FetchError: it failed now; a later try may succeed.
            CheckpointError: the checkpoint is invalid; a later try fails too.
        """
        ...
