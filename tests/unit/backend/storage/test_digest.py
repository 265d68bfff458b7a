"""If these fail, a recording is deduplicated under a wrong digest."""

import hashlib
from pathlib import Path

from backend.storage.digest import RunningDigest, sha256_of


def test_the_digest_of_a_complete_file_is_known_as_it_arrives(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abcdef")
    digest = RunningDigest()
    digest.add(b"abc")
    digest.add(b"def")
    expected = hashlib.sha256(b"abcdef").hexdigest()
    assert digest.hexdigest(6) == sha256_of(tmp_path / "file") == expected


def test_there_is_no_digest_when_bytes_were_missed() -> None:
    """After a restart the first bytes were not added."""
    digest = RunningDigest()
    digest.add(b"def")
    assert digest.hexdigest(6) is None
