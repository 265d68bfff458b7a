"""A zip that is sent while it grows."""

import io
import zipfile

from backend.export import ZipStream


def test_each_file_is_sent_as_it_is_added() -> None:
    """Else the memory that a zip takes would grow with what is in it."""
    archive = ZipStream()
    first = archive.add("a.txt", b"x" * 1000)
    assert first.startswith(b"PK")
    assert b"a.txt" in first
    assert b"a.txt" not in archive.add("b.txt", b"y")


def test_the_pieces_make_a_valid_archive_of_differently_named_files() -> None:
    archive = ZipStream()
    pieces = [archive.add("Звонок.srt", b"1"), archive.add("Звонок.srt", b"2"), archive.close()]
    read = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert read.testzip() is None
    assert {name: read.read(name) for name in read.namelist()} == {
        "Звонок.srt": b"1",
        "Звонок (2).srt": b"2",
    }
