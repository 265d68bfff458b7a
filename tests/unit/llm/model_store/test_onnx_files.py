"""If these fail, a model in ONNX format is not found, or gigabytes are downloaded for nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from llm.engines.protocol import CheckpointError, ComputeType, EngineOptions
from llm.engines.registry import load_engine
from llm.model_store.hub import HubCheckpoint
from unit.llm import onnx_models
from unit.llm.model_store.stand_in_hub import StandInHub, stand_in_hub

GIGAAM = "istupakov/gigaam-v3-onnx"

WEIGHTS_OF_OTHERS = {
    "README.md": b"",
    "kenlm.bin": b"5 GB",
    "v3_e2e_ctc.yaml": b"",
    "pytorch_model.bin": b"of another library",
}


def files_of(*written: Path) -> dict[str, bytes]:
    return WEIGHTS_OF_OTHERS | {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for folder in written
        for path in folder.rglob("*")
        if path.is_file()
    }


def source(hub: StandInHub, folder: Path, name: str, compute_type=ComputeType.AUTO):
    return HubCheckpoint(
        name,
        revision="",
        endpoint=hub.address,
        cache_dir=folder / "hub",
        records_dir=folder / "models",
        compute_type=compute_type,
    )


def write_gigaam_repository(folder: Path) -> dict[str, bytes]:
    """Return the files of istupakov/gigaam-v3-onnx: four models, each in two precisions."""
    for suffix in ("", ".int8"):
        onnx_models.write_gigaam_ctc(folder / "ctc", suffix)
        onnx_models.write_gigaam_rnnt(folder / "rnnt", suffix)
        onnx_models.write_gigaam_e2e_ctc(folder / "e2e_ctc", suffix)
        onnx_models.write_gigaam_e2e_rnnt(folder / "e2e_rnnt", suffix)
    return files_of(*(folder / name for name in ("ctc", "rnnt", "e2e_ctc", "e2e_rnnt")))


def test_of_a_repository_with_several_models_only_the_named_one_is_downloaded(
    tmp_path: Path,
) -> None:
    with stand_in_hub(write_gigaam_repository(tmp_path / "files"), GIGAAM) as hub:
        e2e = source(hub, tmp_path, "gigaam-v3-e2e-ctc").fetch(lambda _share: None)
        assert sorted(hub.sent) == ["config.json", "v3_e2e_ctc.int8.onnx", "v3_e2e_ctc_vocab.txt"]
        plain = source(hub, tmp_path, "gigaam-v3-rnnt").fetch(lambda _share: None)
        assert (e2e.name, plain.name) == ("gigaam-v3-e2e-ctc", "gigaam-v3-rnnt")
        for checkpoint in (e2e, plain):  # both are in one folder of the hub's cache
            engine = load_engine("auto", checkpoint, EngineOptions("cpu", 1, tmp_path))
            assert engine.identity.name == checkpoint.name
        with pytest.raises(CheckpointError, match=r"Name one of them: .*gigaam-v3-e2e-rnnt"):
            source(hub, tmp_path, GIGAAM).fetch(lambda _share: None)


def test_another_precision_is_downloaded_when_it_is_asked_for(tmp_path: Path) -> None:
    """And a restart without the network keeps what there is."""
    with stand_in_hub(
        write_gigaam_repository(tmp_path / "files"), "istupakov/gigaam-v3-onnx"
    ) as hub:
        name = "gigaam-v3-ctc"
        assert source(hub, tmp_path, name).fetch(lambda _share: None).onnx.quantization == "int8"
        assert source(hub, tmp_path, name, ComputeType.FP32).find() is None
        full = source(hub, tmp_path, name, ComputeType.FP32).fetch(lambda _share: None)
    assert full.onnx.quantization is None
    assert source(hub, tmp_path, name).find() == full


@pytest.mark.parametrize(
    ("name", "repository", "write", "model_type"),
    [
        ("t-tech/T-one", "t-tech/T-one", onnx_models.write_t_one, "t-one-ctc"),
        ("t-tech/t-one", "t-tech/T-one", onnx_models.write_t_one, "t-one-ctc"),
        (
            "nemo-parakeet-tdt-0.6b-v3",
            "istupakov/parakeet-tdt-0.6b-v3-onnx",
            onnx_models.write_parakeet_tdt,
            "nemo-conformer-tdt",
        ),
        ("my/parakeet", "my/parakeet", onnx_models.write_parakeet_tdt, "nemo-conformer-tdt"),
        ("my/fastconformer", "my/fastconformer", onnx_models.write_nemo_ctc, "nemo-conformer-ctc"),
        ("alphacep/vosk-model-ru", "alphacep/vosk-model-ru", onnx_models.write_vosk, "kaldi-rnnt"),
    ],
)
def test_each_repository_is_loaded_by_its_name(
    tmp_path: Path, name: str, repository: str, write: Callable[[Path], Path], model_type: str
) -> None:
    with stand_in_hub(files_of(write(tmp_path / "files")), repository) as hub:
        checkpoint = source(hub, tmp_path, name).fetch(lambda _share: None)
        assert not set(hub.sent) & set(WEIGHTS_OF_OTHERS)
    assert checkpoint.onnx is not None
    assert checkpoint.onnx.model_type == model_type
    assert load_engine("auto", checkpoint, EngineOptions("cpu", 1, tmp_path)).identity.name == name
    assert source(hub, tmp_path, name).find() == checkpoint


def test_large_weights_beside_a_network_are_downloaded_with_it(tmp_path: Path) -> None:
    files = files_of(onnx_models.write_parakeet_tdt(tmp_path / "files"))
    files["encoder-model.onnx.data"] = b"2 GB"
    with stand_in_hub(files, "my/parakeet") as hub:
        source(hub, tmp_path, "my/parakeet").fetch(lambda _share: None)
        assert "encoder-model.onnx.data" in hub.sent
