"""The available engines, one line each."""

import pkgutil
from pathlib import Path
from typing import cast

from llm.engines.protocol import (
    Checkpoint,
    CheckpointError,
    EngineLoader,
    EngineOptions,
    SpeechEngine,
)

AUTO = "auto"

ENGINES = {
    "openvino": "llm.engines.openvino.engine:load",
    "transformers": "llm.engines.transformers.engine:load",
}
"""Name to loader, given as text so that only the chosen engine's library is imported."""


def load_engine(name: str, checkpoint: Checkpoint, options: EngineOptions) -> SpeechEngine:
    """Load a checkpoint into an engine.

    Raises:
        CheckpointError: the engine does not exist or cannot load the checkpoint.
    """
    chosen = _best_engine(options.device) if name == AUTO else name
    if chosen not in ENGINES:
        raise CheckpointError(f"Unknown engine {name!r}; known: {', '.join(ENGINES)}.")
    loader = cast(EngineLoader, pkgutil.resolve_name(ENGINES[chosen]))
    try:
        return loader(checkpoint, options)
    except CheckpointError:
        raise
    except Exception as error:
        # A broken file can make the libraries raise anything; report it as one error.
        reason = " ".join(str(error).split())[:300]
        raise CheckpointError(
            f"{checkpoint.name} cannot be loaded: {type(error).__name__}: {reason}"
        ) from error


def _best_engine(device: str) -> str:
    """Return transformers for a GPU, which openvino cannot use; openvino is faster on a CPU."""
    wants_gpu = device.startswith("cuda") or (device == AUTO and _has_gpu())
    return "transformers" if wants_gpu else "openvino"


def _has_gpu() -> bool:
    """Ask the driver, since importing torch only for this takes 200 MB."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*"))
