"""Find the files of a model in ONNX format, in the layouts that onnx-asr loads.

Source: onnx-asr, `_get_model_files` of each model, and `model_repos` in `resolver.py`.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from llm.engines.protocol import CheckpointError, ComputeType, OnnxModel

CONFIG = "config.json"
INT8 = "int8"


@dataclass(frozen=True, slots=True)
class OnnxLayout:
    """The files of an architecture, as patterns.

    Attributes:
        weights: of the networks, without the ending.
        vocabulary: of the tokens; None: they are in `config.json`.
    """

    weights: tuple[str, ...]
    vocabulary: str | None


_E2E_RNNT = tuple(f"v3_e2e_rnnt_{part}" for part in ("encoder", "decoder", "joint"))
_RNNT = tuple(f"v?_rnnt_{part}" for part in ("encoder", "decoder", "joint"))
_NEMO_TRANSDUCER = OnnxLayout(("encoder-model", "decoder_joint-model"), "vocab.txt")

LAYOUTS = {
    "gigaam-v3-e2e-ctc": OnnxLayout(("v3_e2e_ctc",), "v3_e2e_ctc_vocab.txt"),
    "gigaam-v3-e2e-rnnt": OnnxLayout(_E2E_RNNT, "v3_e2e_rnnt_vocab.txt"),
    "gigaam-v3-ctc": OnnxLayout(("v?_ctc",), "v?_vocab.txt"),
    "gigaam-v3-rnnt": OnnxLayout(_RNNT, "v?_vocab.txt"),
    "gigaam-multilingual-ctc": OnnxLayout(("multilingual*_ctc",), "multilingual_vocab.txt"),
    "kaldi-rnnt": OnnxLayout(("*/encoder", "*/decoder", "*/joiner"), "*/tokens.txt"),
    "nemo-conformer-tdt": _NEMO_TRANSDUCER,
    "nemo-conformer-rnnt": _NEMO_TRANSDUCER,
    "nemo-conformer-ctc": OnnxLayout(("model",), "vocab.txt"),
    "t-one-ctc": OnnxLayout(("model",), None),
}
"""By onnx-asr's name of the architecture."""

_GIGAAM_V3 = "istupakov/gigaam-v3-onnx"
_RU_FASTCONFORMER = "istupakov/stt_ru_fastconformer_hybrid_large_pc_onnx"

HUB_MODELS = {
    "gigaam-v2-ctc": ("istupakov/gigaam-v2-onnx", "gigaam-v3-ctc"),
    "gigaam-v2-rnnt": ("istupakov/gigaam-v2-onnx", "gigaam-v3-rnnt"),
    "gigaam-v3-ctc": (_GIGAAM_V3, "gigaam-v3-ctc"),
    "gigaam-v3-rnnt": (_GIGAAM_V3, "gigaam-v3-rnnt"),
    "gigaam-v3-e2e-ctc": (_GIGAAM_V3, "gigaam-v3-e2e-ctc"),
    "gigaam-v3-e2e-rnnt": (_GIGAAM_V3, "gigaam-v3-e2e-rnnt"),
    "gigaam-multilingual-ctc": (
        "istupakov/gigaam-multilingual-ctc-onnx",
        "gigaam-multilingual-ctc",
    ),
    "gigaam-multilingual-large-ctc": (
        "istupakov/gigaam-multilingual-large-ctc-onnx",
        "gigaam-multilingual-ctc",
    ),
    "nemo-fastconformer-ru-ctc": (_RU_FASTCONFORMER, "nemo-conformer-ctc"),
    "nemo-fastconformer-ru-rnnt": (_RU_FASTCONFORMER, "nemo-conformer-rnnt"),
    "nemo-parakeet-ctc-0.6b": ("istupakov/parakeet-ctc-0.6b-onnx", "nemo-conformer-ctc"),
    "nemo-parakeet-rnnt-0.6b": ("istupakov/parakeet-rnnt-0.6b-onnx", "nemo-conformer-rnnt"),
    "nemo-parakeet-tdt-0.6b-v2": ("istupakov/parakeet-tdt-0.6b-v2-onnx", "nemo-conformer-tdt"),
    "nemo-parakeet-tdt-0.6b-v3": ("istupakov/parakeet-tdt-0.6b-v3-onnx", "nemo-conformer-tdt"),
    "alphacep/vosk-model-ru": ("alphacep/vosk-model-ru", "kaldi-rnnt"),
    "alphacep/vosk-model-small-ru": ("alphacep/vosk-model-small-ru", "kaldi-rnnt"),
    "t-tech/T-one": ("t-tech/T-one", "t-one-ctc"),
    "t-tech/t-one": ("t-tech/T-one", "t-one-ctc"),
}
"""onnx-asr's name of a model to its repository on the hub and its architecture."""


@dataclass(frozen=True, slots=True)
class OnnxFiles:
    """The files of one model.

    Attributes:
        weights: of the networks, with the files beside them that hold large weights; sorted.
        others: what loading reads besides.
    """

    model: OnnxModel
    weights: list[str]
    others: list[str]


def find_onnx_files(
    files: Collection[str], compute_type: ComputeType, model_type: str | None = None
) -> OnnxFiles | None:
    """Return the files of a model; None if there is none.

    Args:
        files: of a folder or a repository, with `/` between folders.
        compute_type: `int8` and `fp32` ask for that precision; else int8 is preferred.
        model_type: architecture, if it is known.

    Raises:
        CheckpointError: the files are of several models.
    """
    candidates = [model_type] if model_type else [name for name in LAYOUTS if name != "t-one-ctc"]
    found = {
        name: one for name in candidates if (one := _find(files, compute_type, name)) is not None
    }
    by_weights = {tuple(one.weights): one for one in found.values()}
    if len(by_weights) > 1:
        raise CheckpointError(f"They are the files of several models: {', '.join(found)}.")
    return next(iter(by_weights.values()), None)


def find_onnx_files_of(folder: Path, compute_type: ComputeType) -> OnnxFiles | None:
    """Return the files of the model in a folder; None if there is none.

    Raises:
        CheckpointError: the folder contains several models, or `config.json` is no JSON object.
    """
    paths = [*folder.glob("*"), *folder.glob("*/*")]
    files = [path.relative_to(folder).as_posix() for path in paths]
    return find_onnx_files(files, compute_type, model_type_of(folder))


def model_type_of(folder: Path) -> str | None:
    """Return the architecture that `config.json` names, if files do not tell it.

    Raises:
        CheckpointError: `config.json` is no JSON object.
    """
    config = _read_config(folder)
    if "decoder_params" in config:  # only T-one's has it
        return "t-one-ctc"
    named = str(config.get("model_type"))
    return named if named in LAYOUTS and named.startswith("nemo") else None


def _read_config(folder: Path) -> dict[str, object]:
    path = folder / CONFIG
    if not path.is_file():
        return {}
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise CheckpointError(f"{path} is no JSON object.")
    return config


def _find(files: Collection[str], compute_type: ComputeType, model_type: str) -> OnnxFiles | None:
    layout = LAYOUTS[model_type]
    wanted = {ComputeType.INT8: (INT8,), ComputeType.FP32: (None,)}.get(compute_type, (INT8, None))
    vocabulary = _matching(files, layout.vocabulary) if layout.vocabulary else []
    if layout.vocabulary and not vocabulary:
        return None
    for quantization in wanted:
        suffix = f"?{quantization}" if quantization else ""
        networks = [_matching(files, f"{name}{suffix}.onnx") for name in layout.weights]
        if all(networks):
            names = [name for names in networks for name in names]
            beside = [data for name in names for data in _matching(files, f"{name}?data")]
            others = [*vocabulary, *(name for name in (CONFIG,) if name in files)]
            return OnnxFiles(OnnxModel(model_type, quantization), sorted(names + beside), others)
    return None


def _matching(files: Collection[str], pattern: str) -> list[str]:
    """Return the names that match a pattern, whose `*` stands for no `/`."""
    parts = PurePosixPath(pattern).parts
    return [
        name
        for name in files
        if len(own := PurePosixPath(name).parts) == len(parts)
        and all(fnmatchcase(*pair) for pair in zip(own, parts, strict=True))
    ]
