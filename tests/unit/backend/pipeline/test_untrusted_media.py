"""If these fail, a small file takes the memory of the whole machine, or is answered with a 500."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from audio_files import tone, write_encoded
from backend.errors import UnsupportedMediaError
from backend.pipeline.decode import probe

SOURCE = Path(__file__).resolve().parents[4] / "src"
SIDE = 16_384
MAX_MIB = 250
"""Python, NumPy and FFmpeg take about 70; the decoded picture would take 1,000 more."""

PICTURE_BLOCK = 6
LAST_BLOCK = 0x80

_PROBE = """
import sys
from pathlib import Path
from backend.errors import UnsupportedMediaError
from backend.pipeline.decode import DecodeReport, decode_blocks, probe
path = Path(sys.argv[1])
try:
    info = probe(path)
    print(sum(len(block) for block in decode_blocks(path, info, DecodeReport())))
except UnsupportedMediaError:
    print("refused")
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


def png_bomb() -> bytes:
    """A picture of a gigabyte in some hundred kilobytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = zlib.compressobj(9)
    row = b"\0" * (1 + 4 * SIDE)
    data = b"".join(rows.compress(row) for _ in range(SIDE)) + rows.flush()
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def with_cover(flac: bytes, picture: bytes) -> bytes:
    """Insert a picture block after the first block, which is STREAMINFO."""
    first_end = 8 + int.from_bytes(flac[5:8], "big")
    mime = b"image/png"
    block = struct.pack(">II", 3, len(mime)) + mime + struct.pack(">I", 0)
    block += struct.pack(">IIIII", SIDE, SIDE, 32, 0, len(picture)) + picture
    is_last = flac[4] & LAST_BLOCK
    header = bytes([PICTURE_BLOCK | is_last]) + len(block).to_bytes(3, "big")
    first = bytes([flac[4] & ~LAST_BLOCK]) + flac[5:first_end]
    return flac[:4] + first + header + block + flac[first_end:]


def probe_in_a_process(path: Path) -> tuple[str, int]:
    """Return the result, and the peak memory in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, str(path)],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    result, peak_mib = done.stdout.split()
    return result, int(peak_mib)


@pytest.mark.whole_app
def test_a_picture_is_refused_without_being_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png_bomb())
    result, peak_mib = probe_in_a_process(path)
    assert result == "refused"
    assert peak_mib < MAX_MIB


@pytest.mark.whole_app
def test_the_cover_of_a_recording_is_never_decoded(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.flac", tone(2), "flac")
    path.write_bytes(with_cover(path.read_bytes(), png_bomb()))
    result, peak_mib = probe_in_a_process(path)
    assert int(result) == 32_000
    assert peak_mib < MAX_MIB


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=a\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
        b"#!/bin/sh\necho a script is no recording, whatever FFmpeg guesses\n",
        b"#!AMR-WB\n" + "Текст, который FFmpeg принимает за звук по первой строке.\n".encode() * 80,
        b"#!AMR\nfor i in 1 2 3; do echo $i; done\n",
    ],
)
@pytest.mark.parametrize("name", ["a", "a.m3u8", "a.ffconcat", "a.sdp"])
def test_formats_that_open_other_files_are_refused_before_they_are_opened(
    tmp_path: Path, content: bytes, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnsupportedMediaError):
        probe(path)
