"""Models of the hub are downloaded once, pinned to a commit, and checked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from llm.engines.protocol import CheckpointError
from llm.model_store.hub import HubCheckpoint
from llm.model_store.source import DamagedDownloadError, FetchError, UnknownModelError
from unit.llm.model_store.stand_in_hub import NAME, StandInHub, stand_in_hub

FILES = {
    "config.json": b"{}",
    "model.safetensors": b"weights" * 1000,
    "pytorch_model.bin": b"the same in another form",
    "tokenizer.json": b"{}",
    "README.md": b"not needed",
}


@pytest.fixture
def hub() -> Iterator[StandInHub]:
    with stand_in_hub(FILES) as server:
        yield server


def source(hub_address: str, folder: Path, name: str = NAME) -> HubCheckpoint:
    return HubCheckpoint(
        name,
        revision="",
        endpoint=hub_address,
        cache_dir=folder / "hub",
        records_dir=folder / "models",
    )


def test_only_needed_files_are_downloaded_and_progress_is_reported(
    hub: StandInHub, tmp_path: Path
) -> None:
    shares: list[float] = []
    assert source(hub.address, tmp_path).find() is None
    checkpoint = source(hub.address, tmp_path).fetch(shares.append)
    assert sorted(hub.sent) == ["config.json", "model.safetensors", "tokenizer.json"]
    assert checkpoint.revision == hub.commit
    assert (checkpoint.folder / "model.safetensors").read_bytes() == FILES["model.safetensors"]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_restart_keeps_the_model_and_needs_no_network(hub: StandInHub, tmp_path: Path) -> None:
    first = source(hub.address, tmp_path).fetch(lambda _share: None)
    hub.commit = "b" * 40
    assert source("http://127.0.0.1:9", tmp_path).find() == first


def test_a_missing_file_is_downloaded_again_from_the_same_commit(
    hub: StandInHub, tmp_path: Path
) -> None:
    checkpoint = source(hub.address, tmp_path).fetch(lambda _share: None)
    (checkpoint.folder / "config.json").unlink()
    assert source(hub.address, tmp_path).find() is None
    hub.sent.clear()
    assert source(hub.address, tmp_path).fetch(lambda _share: None) == checkpoint
    assert source(hub.address, tmp_path).find() == checkpoint
    assert "model.safetensors" not in hub.sent


def test_weights_with_a_wrong_checksum_are_deleted(hub: StandInHub, tmp_path: Path) -> None:
    hub.announced["model.safetensors"] = "0" * 64
    with pytest.raises(DamagedDownloadError, match="SHA-256"):
        source(hub.address, tmp_path).fetch(lambda _share: None)
    assert source(hub.address, tmp_path).find() is None


def test_an_unreachable_hub_is_reported(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="Cannot download from the hub"):
        source("http://127.0.0.1:9", tmp_path).fetch(lambda _share: None)


def test_an_unknown_name_is_reported(hub: StandInHub, tmp_path: Path) -> None:
    with pytest.raises(UnknownModelError, match="no public model owner/other"):
        source(hub.address, tmp_path, "owner/other").fetch(lambda _share: None)


def test_a_repository_without_weights_is_refused(hub: StandInHub, tmp_path: Path) -> None:
    hub.files = {"README.md": b""}
    with pytest.raises(CheckpointError, match="contains no transformers checkpoint"):
        source(hub.address, tmp_path).fetch(lambda _share: None)


def test_a_download_can_be_stopped_from_its_progress_callback(
    hub: StandInHub, tmp_path: Path
) -> None:
    def stop(_share: float) -> None:
        raise FetchError("stop")

    with pytest.raises(FetchError, match="stop"):
        source(hub.address, tmp_path).fetch(stop)
