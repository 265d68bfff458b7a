"""What every source of checkpoints offers, and the choice of one by the model's name."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from llm.engines.protocol import Checkpoint
from llm.settings import EMBEDDED_MODEL, LlmSettings

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


def open_source(name: str, settings: LlmSettings) -> CheckpointSource:
    """Return the source of the model of that name.

    Args:
        name: `embedded/whisper-base`, a folder (one that exists, or a path that starts
            with `/`, `.` or `~`), else the id of a model on the hub.
        settings: say where things are kept, and which revision is wanted.
    """
    # imported where needed: the hub's library reads the environment as it is imported
    # ruff: noqa: PLC0415
    if name == EMBEDDED_MODEL:
        from llm.model_store.embedded import EmbeddedCheckpoint

        ready_dir = Path(settings.llm_embedded_dir) if settings.llm_embedded_dir else None
        return EmbeddedCheckpoint(ready_dir, settings.models_dir / "embedded-whisper-base")
    if name.startswith(("/", ".", "~")) or Path(name).is_dir():
        from llm.model_store.local import LocalCheckpoint

        return LocalCheckpoint(Path(name).expanduser())
    from llm.model_store.hub import HubCheckpoint

    return HubCheckpoint(
        name,
        revision=settings.llm_model_revision if name == settings.llm_model else "",
        endpoint=settings.hf_endpoint,
        cache_dir=settings.hf_home / "hub",
        records_dir=settings.models_dir,
    )
