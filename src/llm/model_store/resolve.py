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
    if _is_folder(name):
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


def model_id(name: str) -> str:
    """Return the id under which clients find a model: of a local folder, the folder's name."""
    return Path(name).expanduser().resolve().name if _is_folder(name) else name


def ensure_local_models(settings: LlmSettings) -> None:
    """Check the models that are local folders, so that a wrong path does not mean the fallback.

    Raises: CheckpointError: a folder does not exist or contains no checkpoint, or two models have
        the same id.
    """
    variable = "LLM_MODELS" if settings.llm_models else "LLM_MODEL"
    names = [(variable, name) for name in settings.configured_models]
    for variable, name in (*names, ("LLM_FALLBACK_MODEL", settings.llm_fallback_model)):
        source = resolve_checkpoint_source(name, settings) if name else None
        if isinstance(source, LocalCheckpoint):
            try:
                source.weight_files()
            except (CheckpointError, OSError) as error:
                raise CheckpointError(f"{variable}={name}: {error}") from error
    by_id = {model_id(name): name for name in settings.configured_models}
    if len(by_id) < len(settings.configured_models):
        raise CheckpointError(f"LLM_MODELS: two models have the same name among {[*by_id]}.")


def _is_folder(name: str) -> bool:
    return name.startswith(("/", ".", "~")) or Path(name).is_dir()
