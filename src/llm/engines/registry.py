"""The engines there are: one line each."""

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
"""Name to loader. Named as text, so that only the library of the engine that is used is
imported."""


def load_engine(name: str, checkpoint: Checkpoint, options: EngineOptions) -> SpeechEngine:
    """Load a checkpoint into the engine of that name.

    Raises:
        CheckpointError: there is no such engine, or it cannot load the checkpoint.
    """
    chosen = _best_engine(options.device) if name == AUTO else name
    if chosen not in ENGINES:
        raise CheckpointError(f"There is no engine {name!r}; there are: {', '.join(ENGINES)}.")
    loader = cast(EngineLoader, pkgutil.resolve_name(ENGINES[chosen]))
    try:
        return loader(checkpoint, options)
    except CheckpointError:
        raise
    except Exception as error:
        # whatever a broken file makes the libraries raise, it is one thing to the operator
        reason = " ".join(str(error).split())[:300]
        raise CheckpointError(
            f"{checkpoint.name} cannot be loaded: {type(error).__name__}: {reason}"
        ) from error


def _best_engine(device: str) -> str:
    """OpenVINO is the fastest on a processor; a GPU is torch's."""
    wants_gpu = device.startswith("cuda") or (device == AUTO and _has_gpu())
    return "transformers" if wants_gpu else "openvino"


def _has_gpu() -> bool:
    """Ask the driver; torch would be 200 MB in memory for the question alone."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*"))
