"""`make key`: if these fail, nobody can make the first admin's key, or one is shown twice."""

import asyncio
from pathlib import Path

import pytest

from backend.accounts import Accounts
from backend.api_keys import ApiKeys
from backend.key_command import main
from backend.storage.database import Database, KeyStore


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The SQLite file that the command makes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return tmp_path / "speech_transcription.db"


def role_of(database: Path, key: str) -> str:
    opened = Database.open(f"sqlite:///{database}")
    try:
        accounts = Accounts(ApiKeys([]), KeyStore(opened))
        asyncio.run(accounts.refresh())
        return asyncio.run(accounts.account_of(key)).role
    finally:
        opened.close()


def test_a_key_is_made_listed_and_revoked(database: Path, capsys: pytest.CaptureFixture[str]):
    main(["create", "Ольга", "--role", "admin", "--hours", "2", "--bytes", "", "--history", ""])
    key = capsys.readouterr().out.strip()
    assert role_of(database, key) == "admin"
    main(["list"])
    listed = capsys.readouterr().out
    assert "Ольга" in listed
    assert key not in listed
    main(["revoke", "1"])
    main(["list"])
    assert "revoked" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["create", "anna"], "has this name"),
        (["create", " "], "name: "),
        (["create", "x", "--hours", "many"], "audio_hours_per_day: "),
        (["create", "x", "--history", "9"], "No key has this id"),
        (["revoke", "9"], "No valid key"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_in_a_line(database: Path, arguments: list[str], reason: str):
    """Otherwise the operator reads a traceback."""
    main(["create", "anna"])
    with pytest.raises(SystemExit, match=reason):
        main(arguments)
