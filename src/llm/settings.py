"""The settings of the llm."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from llm.configured_models import parse_models
from llm.engines.protocol import ComputeType, EncoderType, KeyValueType
from servicekit.settings import ServiceSettings

EMBEDDED_MODEL = "embedded/whisper-base"
"""The checkpoint in the service's own packages; it needs no network."""


def _check_routes(text: str) -> str:
    parse_models(text, default=EMBEDDED_MODEL)
    return text


class LlmSettings(ServiceSettings):
    """Settings from the environment, which overrides `.env`."""

    llm_port: int = Field(
        default=4321,
        ge=1,
        le=65535,
        description="TCP port of the llm (1 to 65535).",
    )
    llm_model: str = Field(
        default="mitchelldehaven/whisper-medium-ru",
        min_length=1,
        description="Model: an id of the Hugging Face hub, embedded/whisper-base, a local folder, "
        "or a name of onnx-asr such as gigaam-v3-e2e-ctc.",
    )
    llm_models: Annotated[str, AfterValidator(_check_routes)] = Field(
        default="",
        max_length=10_000,
        description="Several models by language, comma-separated, such as "
        "ru=gigaam-v3-e2e-ctc,*=openai/whisper-large-v3-turbo; *: all other languages, LLM_MODEL "
        "unless it is here; a model without a language is for requests that name it.",
    )
    llm_models_memory_mb: int = Field(
        default=0,
        ge=0,
        le=2**24,
        description="Most megabytes of models in memory, by the size of their files (0 to 2^24); "
        "those that were not used for longest make room; 0: half of the memory.",
    )
    llm_unload_after_s: float = Field(
        default=900.0,
        ge=0,
        le=31_536_000,
        description="Seconds without a request after which a model is unloaded (0 to 31536000), "
        "except the one for all other languages; 0: never.",
    )
    llm_model_revision: str = Field(
        default="",
        max_length=100,
        description="Branch, tag or commit of LLM_MODEL on the hub (up to 100 characters); empty: "
        "the latest commit at the first download, kept from then on.",
    )
    llm_fallback_model: str = Field(
        default=EMBEDDED_MODEL,
        description="Model that the llm uses until LLM_MODEL is ready; empty: none, the llm waits.",
    )
    punctuation_model: str = Field(
        default="",
        max_length=500,
        description="Model that punctuates where the speech model writes no marks: a token "
        "classifier, as an id of the Hugging Face hub or a local folder; empty: "
        "embedded/whisper-base, by the sound.",
    )
    llm_embedded_dir: str = Field(
        default="",
        description="Folder with the converted embedded/whisper-base; empty: convert it once, "
        "into DATA_DIR.",
    )
    llm_speakers_dir: str = Field(
        default="",
        description="Folder with the converted speaker networks; empty: convert them at the first "
        "use, into DATA_DIR.",
    )
    llm_engine: str = Field(
        default="auto",
        description="Inference engine: openvino, transformers or onnx; auto: onnx for models in "
        "ONNX format, for Whisper transformers on a GPU and openvino otherwise.",
    )
    llm_device: str = Field(
        default="auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?)$",
        description="Device of inference: cpu, cuda, or one card such as cuda:1; auto: CUDA if "
        "available, otherwise cpu.",
    )
    llm_threads: int = Field(
        default=0,
        ge=0,
        le=1024,
        description="Threads of inference (0 to 1024); 0: one per core that the container may use.",
    )
    llm_compute_type: ComputeType = Field(
        default=ComputeType.AUTO,
        description="Precision: int8, bf16 or fp32; auto: the fastest on this processor, measured "
        "at the first start; with the onnx engine int8 if there is such a file.",
    )
    llm_encoder_type: EncoderType = Field(
        default=EncoderType.AUTO,
        description="Precision of the encoder: int8, w8a8, bf16 or fp32; auto: the fastest "
        "with LLM_COMPUTE_TYPE.",
    )
    llm_key_value_type: KeyValueType = Field(
        default=KeyValueType.AUTO,
        description="Precision of the decoder's keys and values: bf16 or fp32; auto: the fastest "
        "with LLM_COMPUTE_TYPE.",
    )
    llm_max_rows: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Most chunks that are decoded side by side (0 to 64), if the memory allows; 0: "
        "as many as are fastest.",
    )
    llm_draft_tokens: Annotated[int, Field(ge=0, le=16)] | Literal["auto"] = Field(
        default="auto",
        description="Tokens that embedded/whisper-base proposes for each step of a larger model (0 "
        "to 16); 0: none; auto: as is fastest.",
    )
    llm_max_batch_size: int = Field(
        default=16,
        ge=1,
        le=64,
        description="Most chunks in one batch (1 to 64).",
    )
    llm_queue_size: int = Field(
        default=64,
        ge=1,
        le=10_000,
        description="Most chunks that may wait at the llm (1 to 10000); further ones are refused "
        "with 503.",
    )
    hf_home: Path = Field(
        default=Path("data/huggingface"),
        description="Folder of the models downloaded from the hub.",
    )
    hf_endpoint: str = Field(
        default="https://huggingface.co",
        pattern=r"^https?://",
        description="URL of the model hub or of a mirror.",
    )

    @property
    def configured_models(self) -> dict[str, list[str]]:
        """Return the models, that for all other languages first, each with its languages."""
        return parse_models(self.llm_models, self.llm_model)

    @property
    def models_dir(self) -> Path:
        """Return the folder of converted and exported models; the hub's cache is elsewhere."""
        return self.data_dir / "models"


def prepare_environment(settings: LlmSettings) -> None:
    """Set the variables that libraries read when they are imported.

    They disable telemetry, keep downloads in the configured folders, and keep oneDNN from holding
    the kernels that OpenVINO drops from its own cache.
    """
    os.environ |= {
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_XET": "1",
        "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "0",
        "HF_HOME": str(settings.hf_home.resolve()),
    }
