"""What the llm service is configured by."""

import os
from pathlib import Path

from pydantic import Field

from llm.engines.protocol import ComputeType
from servicekit.settings import ServiceSettings

EMBEDDED_MODEL = "embedded/whisper-base"
"""The checkpoint that comes with the service's own packages, and needs no network."""


class LlmSettings(ServiceSettings):
    """Variables of the environment, and their defaults."""

    llm_port: int = Field(4321, ge=1, le=65535, description="Port the service listens on.")
    llm_model: str = Field(
        "mitchelldehaven/whisper-medium-ru",
        min_length=1,
        description="The model: a hub id, `embedded/whisper-base`, or a local folder.",
    )
    llm_model_revision: str = Field(
        "",
        max_length=100,
        description="Branch, tag or commit of a hub model; empty: what `main` is at the first "
        "fetch, and that commit ever after.",
    )
    llm_fallback_model: str = Field(
        EMBEDDED_MODEL,
        description="Model that serves until `LLM_MODEL` is there; empty: none, the service waits.",
    )
    llm_embedded_dir: str = Field(
        "",
        description="Folder that holds `embedded/whisper-base` ready converted; empty: it is "
        "converted once, into `DATA_DIR`.",
    )
    llm_engine: str = Field(
        "auto",
        description="Inference engine: `openvino`, `transformers`; `auto`: openvino, or "
        "transformers on a GPU.",
    )
    llm_device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="`cpu`, `cuda`, `cuda:1`, …; `auto`: CUDA when there.",
    )
    llm_threads: int = Field(
        0, ge=0, le=1024, description="Threads of inference; 0: the cores the container may use."
    )
    llm_compute_type: ComputeType = Field(
        ComputeType.AUTO,
        description="Precision of the openvino engine: `int8`, `bf16`, `fp32`; `auto`: what is "
        "fastest on this processor, measured at the first start.",
    )
    llm_max_batch_size: int = Field(
        16, ge=1, le=64, description="Most chunks that the model is given at once."
    )
    llm_queue_size: int = Field(
        64, ge=1, le=10_000, description="Most chunks that wait; one more is answered with 503."
    )
    hf_home: Path = Field(
        Path("data/huggingface"), description="Folder that models of the hub are fetched into."
    )
    hf_endpoint: str = Field(
        "https://huggingface.co",
        pattern=r"^https?://",
        description="Address of the model hub, or of a mirror of it.",
    )

    @property
    def models_dir(self) -> Path:
        """Folder of what the service keeps of its models, beside the hub's own cache."""
        return self.data_dir / "models"


def prepare_environment(settings: LlmSettings) -> None:
    """Set what the libraries read from the environment as they are imported.

    Nothing is reported to anyone, no token of the user is sent, and nothing is written
    outside the folders configured.
    """
    os.environ |= {
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(settings.hf_home.resolve()),
    }
