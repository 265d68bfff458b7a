"""Read the lengths in the headers of WAV and MP3 files, which recorders often leave wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_STREAM_LENGTHS = (0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
"""Values that programs write for a stream of unknown length; besides 0.

Source: observed in files of FFmpeg, SoX, arecord and GStreamer.
"""

_HEADER_TOLERANCE = 4096
"""Bytes by which a stream length may differ: some count the header, others do not."""

_ID3_HEADER_BYTES = 10

_XING_BYTES = 4096
"""Bytes after the tag in which the length of an MP3 file stands, if it has one."""


@dataclass(frozen=True)
class RiffHeader:
    """The layout of a RIFF file.

    Attributes:
        offset: bytes before the RIFF header, such as an ID3 tag.
        is_stream: the header was written before the length was known.
        is_cut: the file ends before the declared end.
        has_more: audio follows after the declared end of the data.
    """

    offset: int
    is_stream: bool
    is_cut: bool
    has_more: bool


def read_riff_header(path: Path) -> RiffHeader | None:
    """Return the layout of a RIFF file; None: it is another kind of file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        offset = _id3_bytes(file.read(_ID3_HEADER_BYTES))
        file.seek(offset)
        if file.read(4) != b"RIFF":
            return None
        length = int.from_bytes(file.read(4), "little")
        data = _find_data(file, offset + 12)
        is_stream = _is_stream_length(length) or (data is not None and _is_stream_length(data[1]))
        end = data and data[0] + data[1]
        return RiffHeader(
            offset=offset,
            is_stream=is_stream,
            is_cut=not is_stream and offset + 8 + length > size,
            has_more=end is not None and not is_stream and _has_audio_at(file, end, size),
        )


def has_mp3_length(path: Path) -> bool:
    """Return whether an MP3 file declares its length; FFmpeg guesses it otherwise."""
    with path.open("rb") as file:
        file.seek(_id3_bytes(file.read(_ID3_HEADER_BYTES)))
        head = file.read(_XING_BYTES)
    return any(tag in head for tag in (b"Xing", b"Info", b"VBRI"))


def _id3_bytes(header: bytes) -> int:
    """Return the size of an ID3v2 tag, or 0. Source: ID3v2.4.0, section 3.1."""
    if header[:3] != b"ID3" or len(header) < _ID3_HEADER_BYTES:
        return 0
    size = 0
    for byte in header[6:10]:
        size = size << 7 | byte & 0x7F
    return _ID3_HEADER_BYTES + size


def _find_data(file: BinaryIO, position: int) -> tuple[int, int] | None:
    """Return the position and the declared length of the data chunk."""
    while True:
        file.seek(position)
        header = file.read(8)
        if len(header) < 8:
            return None
        length = int.from_bytes(header[4:], "little")
        if header[:4] == b"data":
            return position + 8, length
        position += 8 + length + length % 2


def _is_stream_length(length: int) -> bool:
    return (
        any(abs(length - known) <= _HEADER_TOLERANCE for known in _STREAM_LENGTHS[1:]) or not length
    )


def _has_audio_at(file: BinaryIO, end: int, size: int) -> bool:
    """Return whether something else than further RIFF chunks follows the data chunk."""
    position = end + end % 2
    while position + 8 <= size:
        file.seek(position)
        header = file.read(8)
        name, length = header[:4], int.from_bytes(header[4:], "little")
        is_chunk = name != b"RIFF" and all(32 <= byte < 127 for byte in name)
        if not is_chunk or position + 8 + length > size:
            return True
        position += 8 + length + length % 2
    return False
