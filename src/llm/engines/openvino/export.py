"""Export a checkpoint to OpenVINO graphs, once, in the fastest precision on this machine."""

import json
import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
import openvino as ov
import structlog
from filelock import FileLock

from llm.engines.openvino.cross_attention_cache import CacheType
from llm.engines.openvino.graphs import Dimensions, GraphBuilder
from llm.engines.protocol import Checkpoint, ComputeType
from llm.engines.whisper.vocabulary import GenerationSettings

log = structlog.get_logger()

GRAPHS_VERSION = 3
"""Increment it when `graphs.py` changes, so that earlier exports are not reused."""

_CACHED_KERNELS = 16
"""Kernels of each kind that OpenVINO keeps for shapes that it has met. By default it keeps 5,000,
and a service that transcribes chunks of all lengths grows by hundreds of megabytes. With none, it
does not share packed weights."""

_DESCRIPTION = "export.json"
_TRIAL_FRAMES = 800
_TRIAL_ROUNDS = 3

_MIN_FLOAT_SPEEDUP = 1.25
"""Floats must be this many times as fast as int8, since a medium encoder takes 1.2 GB more."""


@dataclass(frozen=True, slots=True)
class Export:
    """Graphs on disk.

    Attributes:
        folder: contains `encoder.xml` and `decoder.xml`.
        encoder: precision of the encoder, which is bound by arithmetic.
        decoder: precision of the decoder, which is bound by memory.
        cache: type of the keys and values of the cross-attention.
        trial_s: seconds per window in each precision that was measured.
    """

    folder: Path
    encoder: ComputeType
    decoder: ComputeType
    cache: CacheType
    trial_s: dict[str, float]


def find_or_export(
    checkpoint: Checkpoint, wanted: ComputeType, cache_dir: Path, core: ov.Core
) -> Export:
    """Return the exported graphs; the first call exports them, in seconds to minutes.

    A lock makes other processes wait for the same export. The export is written to a temporary
    folder that is renamed when complete, so an interrupted one is never used.
    """
    cache_dir = _writable_or_temporary(cache_dir)
    folder = cache_dir / _key(checkpoint, wanted, _cache_type(wanted, core))
    with FileLock(cache_dir / f".{folder.name}.lock"):
        if not (folder / _DESCRIPTION).is_file():
            for leftover in cache_dir.glob(f".{folder.name}-*"):
                shutil.rmtree(leftover)
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=cache_dir) as parent:
                temporary = Path(parent) / folder.name
                temporary.mkdir()
                _export(checkpoint, wanted, temporary, core)
                temporary.rename(folder)
    description = json.loads((folder / _DESCRIPTION).read_text(encoding="utf-8"))
    return Export(
        folder,
        ComputeType(description["encoder"]),
        ComputeType(description["decoder"]),
        CacheType[description["cache"]],
        description["trial_s"],
    )


def _writable_or_temporary(cache_dir: Path) -> Path:
    """Return the folder, or a temporary one if it is not writable."""
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=cache_dir).close()
    except OSError as error:
        log.warning("export_folder_not_writable", errno=error.errno)
        return Path(tempfile.mkdtemp(prefix="openvino-"))
    return cache_dir


def _key(checkpoint: Checkpoint, wanted: ComputeType, cache: CacheType) -> str:
    """Name an export; one of a processor with bfloat16 is not used on another without."""
    name = re.sub(r"[^\w.-]+", "--", checkpoint.name).strip(".")
    openvino_version = ov.__version__.split("-", 1)[0]
    types = f"{wanted}-{cache.name.lower()}"
    return f"{name}-{checkpoint.revision[:12]}-{types}-v{GRAPHS_VERSION}-{openvino_version}"


def _export(checkpoint: Checkpoint, wanted: ComputeType, folder: Path, core: ov.Core) -> None:
    # Import torch, which takes 200 MB, only to read the weights.
    from llm.engines.openvino.weights import CheckpointWeights  # noqa: PLC0415

    started = time.perf_counter()
    dimensions = Dimensions.of(checkpoint.folder)
    heads = GenerationSettings(
        checkpoint.folder, dimensions.decoder_layers, dimensions.decoder_heads
    ).alignment_heads
    weights = CheckpointWeights(checkpoint.folder)

    cache = _cache_type(wanted, core)

    def builder(compute_type: ComputeType) -> GraphBuilder:
        return GraphBuilder(
            weights.__getitem__,
            dimensions,
            int8=compute_type is ComputeType.INT8,
            cache_type=cache.element,
        )

    candidates = _candidates(wanted, core)
    for candidate in candidates:
        _save(builder(candidate).encoder(), folder / f"{candidate}.xml", candidate)
    trial_s = _measure(core, folder, candidates, dimensions)
    chosen = choose_encoder_type(trial_s)
    for candidate in candidates:
        for suffix in ("xml", "bin"):
            file = folder / f"{candidate}.{suffix}"
            if candidate is chosen:
                file.rename(folder / f"encoder.{suffix}")
            else:
                file.unlink()
    decoder = ComputeType.INT8 if wanted is ComputeType.AUTO else wanted
    _save(builder(decoder).decoder(heads), folder / "decoder.xml", decoder)
    description = {
        "encoder": chosen,
        "decoder": decoder,
        "cache": cache.name,
        "trial_s": trial_s,
    }
    (folder / _DESCRIPTION).write_text(json.dumps(description), encoding="utf-8")
    log.info(
        "model_exported",
        model=checkpoint.name,
        export_s=round(time.perf_counter() - started, 1),
        encoder=chosen,
        decoder=decoder,
        cache=cache.name,
        trial_s={name: round(seconds, 4) for name, seconds in trial_s.items()},
    )


def _candidates(wanted: ComputeType, core: ov.Core) -> list[ComputeType]:
    if wanted is not ComputeType.AUTO:
        return [wanted]
    return [ComputeType.INT8, ComputeType.BF16 if _has_bf16(core) else ComputeType.FP32]


def _cache_type(wanted: ComputeType, core: ov.Core) -> CacheType:
    """Return bfloat16 where the processor multiplies it: a step then takes half of the time."""
    is_exact = wanted is ComputeType.FP32 or not _has_bf16(core)
    return CacheType.FP32 if is_exact else CacheType.BF16


def _has_bf16(core: ov.Core) -> bool:
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def choose_encoder_type(trial_s: dict[ComputeType, float]) -> ComputeType:
    """Return the fastest precision, or int8 if it is almost as fast: it needs the least memory."""
    fastest = min(trial_s, key=lambda candidate: trial_s[candidate])
    int8_s = trial_s.get(ComputeType.INT8, inf)
    return ComputeType.INT8 if int8_s <= _MIN_FLOAT_SPEEDUP * trial_s[fastest] else fastest


def _save(model: ov.Model, path: Path, compute_type: ComputeType) -> None:
    ov.save_model(model, path, compress_to_fp16=compute_type is not ComputeType.INT8)


def compile_encoder(core: ov.Core, path: Path, compute_type: ComputeType) -> ov.CompiledModel:
    """Compile an encoder; it computes in bfloat16 if the processor supports it."""
    hint = "bf16" if _has_bf16(core) and compute_type is not ComputeType.FP32 else "f32"
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
    cache = {"CPU_RUNTIME_CACHE_CAPACITY": str(_CACHED_KERNELS)}
    return core.compile_model(path, "CPU", properties | cache)


def _measure(
    core: ov.Core, folder: Path, candidates: list[ComputeType], sizes: Dimensions
) -> dict[ComputeType, float]:
    """Return the shortest time of a window in each precision, in seconds; rounds alternate."""
    noise = np.random.default_rng(0).normal(0, 0.5, (1, sizes.n_mels, _TRIAL_FRAMES))
    inputs = {"features": noise.astype(np.float32)}
    requests = {
        candidate: compile_encoder(core, folder / f"{candidate}.xml", candidate)
        .create_infer_request()
        for candidate in candidates
    }  # fmt: skip
    least = dict.fromkeys(candidates, inf)
    for _ in range(_TRIAL_ROUNDS if len(candidates) > 1 else 1):
        for candidate, request in requests.items():
            started = time.perf_counter()
            request.infer(inputs)
            least[candidate] = min(least[candidate], time.perf_counter() - started)
    return least
