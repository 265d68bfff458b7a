"""Export a checkpoint to OpenVINO graphs, once, in the fastest precision on this machine."""

import hashlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import openvino as ov
import structlog
from filelock import FileLock

from contracts.models import ComputeSettings
from llm.engines.openvino.calibration import (
    Calibration,
    Candidates,
    Drafts,
    decoder_name,
    encoder_name,
)
from llm.engines.openvino.compilation import has_vnni, new_core
from llm.engines.openvino.cross_attention_cache import CacheType
from llm.engines.openvino.graphs import Dimensions, GraphBuilder, Weights
from llm.engines.protocol import (
    Checkpoint,
    CheckpointError,
    ComputeType,
    EncoderType,
    EngineOptions,
)
from llm.engines.whisper.vocabulary import GenerationSettings
from llm.own_process import ProcessKilledError, run_in_own_process

log = structlog.get_logger()

GRAPHS_VERSION = 8
"""Increment it when the graphs or the calibration change: earlier exports are not reused then."""

FOLDER = "openvino"
"""Folder of the exports in the engines' folder."""

_DESCRIPTION = "export.json"
_ENCODER, _DECODER = "encoder.xml", "decoder.xml"


@dataclass(frozen=True, slots=True)
class Export:
    """Graphs on disk.

    Attributes:
        folder: contains `encoder.xml` and `decoder.xml`.
        compute: how they are to be compiled and used.
    """

    folder: Path
    compute: ComputeSettings

    @property
    def encoder(self) -> EncoderType:
        """Precision of the encoder."""
        return EncoderType(self.compute.encoder)

    @property
    def decoder(self) -> ComputeType:
        """Precision of the decoder's weights."""
        return ComputeType(self.compute.decoder)

    @property
    def rtf(self) -> float | None:
        """Measured seconds of processing per second of audio; None: something was not measured."""
        measured = self.compute.measured_rtf
        encoder = measured.get(encoder_name(self.encoder))
        decoder = [
            measured[name]
            for n_rows in range(1, self.compute.max_rows + 1)
            if (name := decoder_name(self.cache, n_rows)) in measured
        ]
        return encoder + min(decoder) if encoder and decoder else None

    @property
    def cache(self) -> CacheType:
        """Type of the keys and values of the cross-attention."""
        return CacheType[self.compute.key_value.upper()]


def find_or_export(
    checkpoint: Checkpoint, options: EngineOptions, core: ov.Core, draft_rtf: float | None = None
) -> Export:
    """Return the exported graphs; the first call exports and calibrates, in seconds to minutes.

    A lock makes other processes wait for the same export. The export is written to a temporary
    folder that is renamed when complete, so an interrupted one is never used.

    Args:
        checkpoint: to export.
        options: of the engine; with an assistant, drafts are tried too.
        core: OpenVINO's.
        draft_rtf: seconds that the assistant takes per second of audio; None: not known.

    Raises: CheckpointError: a weight is missing, or the export was killed.
    """
    cache_dir = _writable_or_temporary(options.cache_dir / FOLDER)
    folder = cache_dir / _key(checkpoint, options, core)
    with FileLock(cache_dir / f".{folder.name}.lock"):
        for leftover in cache_dir.glob(f".{folder.name}-*"):
            shutil.rmtree(leftover)
        if not (folder / _DESCRIPTION).is_file():
            with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=cache_dir) as parent:
                temporary = Path(parent) / folder.name
                temporary.mkdir()
                _export_in_own_process(checkpoint, options, temporary, draft_rtf)
                temporary.rename(folder)
    description = (folder / _DESCRIPTION).read_text(encoding="utf-8")
    return Export(folder, ComputeSettings.model_validate_json(description))


def _writable_or_temporary(cache_dir: Path) -> Path:
    """Return the folder, or a temporary one if it is not writable."""
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=cache_dir).close()
    except OSError as error:
        log.warning("export_folder_not_writable", errno=error.errno)
        return Path(tempfile.mkdtemp(prefix="openvino-"))
    return cache_dir


def _key(checkpoint: Checkpoint, options: EngineOptions, core: ov.Core) -> str:
    """Name an export by all that it and its calibration follow from."""
    name = re.sub(r"[^\w.-]+", "--", checkpoint.name).strip(".")
    openvino_version = ov.__version__.split("-", 1)[0]
    conditions = (
        options.compute_type,
        options.encoder_type,
        options.key_value_type,
        options.max_rows,
        options.assistant and options.assistant.revision,
        options.draft_tokens,
        options.threads,
        core.get_property("CPU", "FULL_DEVICE_NAME"),
        sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")),
        has_vnni(),
    )
    digest = hashlib.sha256(repr(conditions).encode()).hexdigest()[:8]
    revision = checkpoint.revision[:12]
    return f"{name}-{revision}-{digest}-v{GRAPHS_VERSION}-{openvino_version}"


def _export_in_own_process(
    checkpoint: Checkpoint, options: EngineOptions, folder: Path, draft_rtf: float | None
) -> None:
    """Export to a folder; neither torch nor the candidates stay in this process."""
    started = time.perf_counter()
    try:
        run_in_own_process(export_to, checkpoint, options, folder, draft_rtf)
    except ProcessKilledError as error:
        raise CheckpointError("The export was killed; it may need more memory.") from error
    description = (folder / _DESCRIPTION).read_text(encoding="utf-8")
    log.info(
        "model_exported",
        model=checkpoint.name,
        export_s=round(time.perf_counter() - started, 1),
        **ComputeSettings.model_validate_json(description).model_dump(),
    )


def export_to(
    checkpoint: Checkpoint, options: EngineOptions, folder: Path, draft_rtf: float | None
) -> None:
    """Write the graphs, and how they are to be compiled, to an empty folder."""
    from llm.engines.openvino.weights import CheckpointWeights  # noqa: PLC0415  # imports torch

    core = new_core(options.threads)
    sizes = Dimensions.of(checkpoint.folder)
    settings = GenerationSettings(checkpoint.folder, sizes.decoder_layers, sizes.decoder_heads)
    candidates = Candidates.of(options, core)
    calibration = Calibration(core, sizes)
    weights = CheckpointWeights(checkpoint.folder)
    exporter = _Exporter(folder, sizes, weights.__getitem__, candidates, calibration)

    cache, max_rows = exporter.decoder(settings.alignment_heads)
    drafts = Drafts(options.draft_tokens or 0 if options.assistant else 0)
    if options.assistant and draft_rtf and options.draft_tokens is None:
        drafts = calibration.choose_drafts(
            folder / _DECODER, candidates.decoder, cache, max_rows, draft_rtf
        )
    compute = ComputeSettings(
        encoder=exporter.encoder(cache),
        decoder=candidates.decoder,
        key_value=cache.name.lower(),
        max_rows=max_rows,
        draft_tokens=drafts.n_tokens,
        draft_break_even=drafts.break_even,
        measured_rtf=calibration.rtf,
    )
    (folder / _DESCRIPTION).write_text(compute.model_dump_json(), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Exporter:
    """Writes a graph of each candidate, and keeps the one that is chosen."""

    folder: Path
    sizes: Dimensions
    weights: Weights
    candidates: Candidates
    calibration: Calibration

    def decoder(self, alignment_heads: Sequence[tuple[int, int]]) -> tuple[CacheType, int]:
        """Write the decoder; return its type of keys and values, and the most rows."""
        compute_type = self.candidates.decoder
        paths = {each: self.folder / f"decoder-{each.name}.xml" for each in self.candidates.caches}
        for cache, path in paths.items():
            _save(self._builder(compute_type, cache).decoder(alignment_heads), path, compute_type)
        chosen, max_rows = self.calibration.choose_decoder(paths, self.candidates)
        _keep(paths[chosen], self.folder / _DECODER, paths.values())
        return chosen, max_rows

    def encoder(self, cache: CacheType) -> EncoderType:
        """Write the encoder, and return its type."""
        paths = {each: self.folder / f"encoder-{each}.xml" for each in self.candidates.encoders}
        for each, path in paths.items():
            builder = self._builder(each.weights, cache, int8_activations=each is EncoderType.W8A8)
            _save(builder.encoder(), path, each.weights)
        chosen = self.calibration.choose_encoder(paths)
        _keep(paths[chosen], self.folder / _ENCODER, paths.values())
        return chosen

    def _builder(
        self, compute_type: ComputeType, cache: CacheType, *, int8_activations: bool = False
    ) -> GraphBuilder:
        return GraphBuilder(
            self.weights,
            self.sizes,
            int8=compute_type is ComputeType.INT8,
            cache_type=cache.element,
            int8_activations=int8_activations,
        )


def _keep(chosen: Path, name: Path, candidates: Iterable[Path]) -> None:
    """Rename the files of a graph, and delete those of the others."""
    for suffix in (".xml", ".bin"):
        chosen.with_suffix(suffix).rename(name.with_suffix(suffix))
        for path in candidates:
            path.with_suffix(suffix).unlink(missing_ok=True)


def _save(model: ov.Model, path: Path, compute_type: ComputeType) -> None:
    ov.save_model(model, path, compress_to_fp16=compute_type is not ComputeType.INT8)
