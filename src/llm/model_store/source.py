"""What every source of checkpoints offers."""

from collections.abc import Callable
from typing import Protocol

from llm.engines.protocol import Checkpoint

OnProgress = Callable[[float], None]
"""Is told the share that has been fetched, in [0, 1]; called from another thread."""


class FetchError(Exception):
    """A model could not be fetched now; the message says why, in words for the operator."""


class CheckpointSource(Protocol):
    """One model, wherever it comes from. Both calls block."""

    def find(self) -> Checkpoint | None:
        """Return the checkpoint if it can be had with no network.

        Raises:
            CheckpointError: it is there, but it is not what it should be.
        """
        ...

    def fetch(self, on_progress: OnProgress) -> Checkpoint:
        """Bring the checkpoint to this machine.

        Raises:
            FetchError: not possible now; another try may succeed.
            CheckpointError: not possible at all.
        """
        ...
