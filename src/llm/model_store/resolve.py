"""Resolve a model's name to the source of its checkpoint."""

from pathlib import Path

from llm.engines.protocol import CheckpointError
from llm.model_store.embedded import EmbeddedCheckpoint
from llm.model_store.local import LocalCheckpoint
from llm.model_store.source import CheckpointSource
from llm.settings import EMBEDDED_MODEL, LlmSettings


def resolve_checkpoint_source(name: str, settings: LlmSettings) -> CheckpointSource:
    """Return the source of a model.

    Args:
        name: `embedded/whisper-base`; a folder, which exists or whose path starts with `/`,
            `.` or `~`; or the id of a model on the hub, or onnx-asr's name of one.
        settings: provide the folders and the revision.
    """
    if name == EMBEDDED_MODEL:
        ready_dir = Path(settings.llm_embedded_dir) if settings.llm_embedded_dir else None
        return EmbeddedCheckpoint(ready_dir, settings.models_dir / "embedded-whisper-base")
    if name.startswith(("/", ".", "~")) or Path(name).is_dir():
        return LocalCheckpoint(Path(name).expanduser(), settings.llm_compute_type)
    # The hub's library reads the environment when it is imported.
    from llm.model_store.hub import HubCheckpoint  # noqa: PLC0415

    return HubCheckpoint(
        name,
        revision=settings.llm_model_revision if name == settings.llm_model else "",
        endpoint=settings.hf_endpoint,
        cache_dir=settings.hf_home / "hub",
        records_dir=settings.models_dir,
        compute_type=settings.llm_compute_type,
    )


def ensure_local_models(settings: LlmSettings) -> None:
    """Check the models that are local folders, so that a wrong path does not mean the fallback.

    Raises: CheckpointError: a folder does not exist or contains no checkpoint.
    """
    names = {"LLM_MODEL": settings.llm_model, "LLM_FALLBACK_MODEL": settings.llm_fallback_model}
    for variable, name in names.items():
        source = resolve_checkpoint_source(name, settings) if name else None
        if isinstance(source, LocalCheckpoint):
            try:
                source.weight_files()
            except (CheckpointError, OSError) as error:
                raise CheckpointError(f"{variable}={name}: {error}") from error
