"""Load a checkpoint into transformers."""

import torch
from transformers.utils import logging as transformers_logging

from contracts.models import ModelIdentity
from llm.engines.protocol import Checkpoint, CheckpointError, EngineOptions
from llm.engines.transformers.network import TransformersNetwork
from llm.engines.whisper.engine import WhisperEngine

NAME = "transformers"


def load(checkpoint: Checkpoint, options: EngineOptions) -> WhisperEngine:
    """Load a checkpoint; see `EngineLoader`."""
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    torch.set_num_threads(options.threads)
    device = _choose_device(options.device)
    network = TransformersNetwork(
        checkpoint.folder, device, _choose_dtype(device), options.max_rows
    )
    identity = ModelIdentity(
        name=checkpoint.name, revision=checkpoint.revision, engine=NAME, device=str(device)
    )
    return WhisperEngine(identity, network)


def _choose_device(wanted: str) -> torch.device:
    if wanted == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise CheckpointError(f"LLM_DEVICE is {wanted}, but no CUDA device is available.")
    return torch.device(wanted)


def _choose_dtype(device: torch.device) -> torch.dtype:
    if device.type == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
