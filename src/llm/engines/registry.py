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
ONNX = "onnx"

ENGINES = {
    "openvino": "llm.engines.openvino.engine:load",
    "transformers": "llm.engines.transformers.engine:load",
    "onnx": "llm.engines.onnx.engine:load",
}
"""Name to loader, given as text so that only the chosen engine's library is imported."""


def load_engine(name: str, checkpoint: Checkpoint, options: EngineOptions) -> SpeechEngine:
    """Load a checkpoint into an engine.

    Raises:
        CheckpointError: the engine does not exist or cannot load the checkpoint.
    """
    chosen = _best_engine(checkpoint, options.device) if name == AUTO else name
    if chosen not in ENGINES:
        raise CheckpointError(f"Unknown engine {name!r}; known: {', '.join(ENGINES)}.")
    if (chosen == ONNX) != (checkpoint.onnx is not None):
        raise CheckpointError(f"The {chosen} engine does not load models like {checkpoint.name}.")
    try:
        loader = cast(EngineLoader, pkgutil.resolve_name(ENGINES[chosen]))
        return loader(checkpoint, options)
    except ModuleNotFoundError as error:
        raise CheckpointError(
            f"The {chosen} engine needs the package {error.name}, which is not installed "
            "(INSTALL_ONNX=1; see README.md)."
        ) from error
    except CheckpointError:
        raise
    except Exception as error:
        # A broken file can make the libraries raise anything; report it as one error.
        reason = " ".join(str(error).split())[:300]
        raise CheckpointError(
            f"{checkpoint.name} cannot be loaded: {type(error).__name__}: {reason}"
        ) from error


def _best_engine(checkpoint: Checkpoint, device: str) -> str:
    """Return onnx for its own models; else transformers on a GPU, openvino on a CPU."""
    if checkpoint.onnx is not None:
        return ONNX
    wants_gpu = device.startswith("cuda") or (device == AUTO and _has_gpu())
    return "transformers" if wants_gpu else "openvino"


def _has_gpu() -> bool:
    """Ask the driver, since importing torch only for this takes 200 MB."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*"))
