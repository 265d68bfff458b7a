"""Compile exported graphs for this processor."""

import re
from pathlib import Path

import openvino as ov

from llm.engines.protocol import ComputeType, EncoderType

_CPUINFO = Path("/proc/cpuinfo")
_VNNI = {"avx512_vnni", "avx_vnni"}

_CACHED_KERNELS = 16
"""Kernels of each kind that OpenVINO keeps for shapes that it has met. By default it keeps 5,000,
and a service that transcribes chunks of all lengths grows by hundreds of megabytes. With none, it
does not share packed weights."""

MEMORY_PROPERTIES = {"CPU_RUNTIME_CACHE_CAPACITY": str(_CACHED_KERNELS)}
"""Properties of every compiled graph."""


def new_core(threads: int) -> ov.Core:
    """Return OpenVINO for graphs that run one at a time, on some threads."""
    core = ov.Core()
    core.set_property(
        "CPU",
        {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads},
    )
    return core


def has_bf16(core: ov.Core) -> bool:
    """Return whether the processor multiplies bfloat16."""
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def has_vnni() -> bool:
    """Return whether the processor has VNNI instructions; False where it is not Linux on x86.

    Without them int8 is multiplied with 16-bit sums, which overflow. Source: OpenVINO's
    documentation of post-training quantization, saturation (overflow) issue.
    """
    cpuinfo = _CPUINFO.read_text(encoding="utf-8") if _CPUINFO.exists() else ""
    flags = re.search(r"^flags\s*:(.*)$", cpuinfo, re.MULTILINE)
    return flags is not None and not _VNNI.isdisjoint(flags[1].split())


def compile_encoder(core: ov.Core, path: Path, encoder_type: EncoderType) -> ov.CompiledModel:
    """Compile an encoder; what is not int8 is bfloat16 if the processor multiplies that."""
    hint = "bf16" if has_bf16(core) and encoder_type is not EncoderType.FP32 else "f32"
    return _compile(core, path, {"INFERENCE_PRECISION_HINT": hint})


def compile_decoder(core: ov.Core, path: Path, compute_type: ComputeType) -> ov.CompiledModel:
    """Compile a decoder; it computes in float32, whatever type its weights have.

    A bfloat16 hint is no faster, and rounds the logits. The products of the cross-attention are
    computed in the type of its keys and values; see `GraphBuilder`.
    """
    properties = {"INFERENCE_PRECISION_HINT": "f32"}
    if compute_type is ComputeType.FP32:
        # By default OpenVINO stores the keys and values of the self-attention in eight bits.
        properties["KV_CACHE_PRECISION"] = "f32"
    return _compile(core, path, properties)


def _compile(core: ov.Core, path: Path, properties: dict[str, str]) -> ov.CompiledModel:
    return core.compile_model(path, "CPU", properties | MEMORY_PROPERTIES)
