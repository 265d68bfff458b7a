"""Recordings, transcripts and keys are readable by their owner only."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.settings import BackendSettings
from servicekit.private_files import keep_files_private


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def _mode(path: Path) -> str:
    return oct(path.lstat().st_mode & 0o777)


def test_files_of_an_earlier_version_become_private(tmp_path: Path):
    data = tmp_path / "data"
    recording = data / "blobs" / "ab" / "recording"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"")
    (data / "speech_transcription.db").write_bytes(b"")
    keep_files_private(data)
    for folder in (data, data / "blobs", recording.parent):
        assert _mode(folder) == "0o700"
    assert _mode(recording) == _mode(data / "speech_transcription.db") == "0o600"


def test_a_database_outside_the_data_folder_becomes_private(tmp_path: Path):
    """Its folder may belong to others, and so may the other files in it."""
    database, others = tmp_path / "jobs[1].db", tmp_path / "jobs[1].dbx"
    wal, steps = tmp_path / "jobs[1].db-wal", tmp_path / "dbos.db"
    for path in (database, wal, steps, others):
        path.write_bytes(b"")
    tmp_path.chmod(0o755)
    settings = BackendSettings(
        _env_file=None, database_url=f"sqlite:///{database}", data_dir=tmp_path / "data"
    )
    keep_files_private(settings.data_dir, settings.database_files())
    assert {_mode(path) for path in (database, wal, steps)} == {"0o600"}
    assert (_mode(tmp_path), _mode(others)) == ("0o755", "0o644")


def test_new_files_are_private(tmp_path: Path):
    keep_files_private(tmp_path / "data")
    new = tmp_path / "data" / "uploads" / "new"
    new.parent.mkdir()
    new.write_bytes(b"")
    assert (_mode(tmp_path / "data"), _mode(new.parent), _mode(new)) == ("0o700", "0o700", "0o600")


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path):
    """Otherwise a model linked into the folder would be taken from its other users."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    (elsewhere / "model").write_bytes(b"")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "folder").symlink_to(elsewhere)
    (tmp_path / "data" / "file").symlink_to(elsewhere / "model")
    (tmp_path / "data" / "nowhere").symlink_to(tmp_path / "missing")
    (tmp_path / "link").symlink_to(tmp_path / "data")
    keep_files_private(tmp_path / "link")
    assert _mode(tmp_path / "data") == "0o700"
    assert (_mode(elsewhere), _mode(elsewhere / "model")) == ("0o755", "0o644")


def test_file_of_another_user_does_not_stop_the_start(tmp_path: Path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError

    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr(Path, "chmod", refuse)
    keep_files_private(tmp_path)
