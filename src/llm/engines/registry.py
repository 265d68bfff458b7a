"""The engines there are: one line each."""

import pkgutil
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
    "transformers": "llm.engines.transformers_engine:load",
}
"""Name to loader, best first: `auto` takes the first. Named as text, so that only the
library of the engine that is used is imported."""


def load_engine(name: str, checkpoint: Checkpoint, options: EngineOptions) -> SpeechEngine:
    """Load a checkpoint into the engine of that name.

    Raises:
        CheckpointError: there is no such engine, or it cannot load the checkpoint.
    """
    chosen = next(iter(ENGINES)) if name == AUTO else name
    if chosen not in ENGINES:
        raise CheckpointError(f"There is no engine {name!r}; there are: {', '.join(ENGINES)}.")
    loader = cast(EngineLoader, pkgutil.resolve_name(ENGINES[chosen]))
    return loader(checkpoint, options)
