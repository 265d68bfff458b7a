"""Read the headers of files that FFmpeg reads too leniently.

Recorders often leave wrong lengths in WAV and MP3, and FFmpeg does not say when a file ends
before the length that its container declares.
"""

from collections.abc import Callable
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

_MAGIC_BYTES = 16

_MAX_CHUNKS = 200_000
"""Chunks of a file that are looked at: a day in fragments of half a second; a malicious file
may have a hundred million.
"""

_TEXT_BYTES = 4096
_MAX_UTF8_BYTES = 4

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


def is_cut_off(path: Path) -> bool:
    """Return whether a WAV, W64, CAF, MP4 or Matroska file ends before its declared end."""
    if riff := read_riff_header(path):
        return riff.is_cut
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_MAGIC_BYTES)
        for magic, offset, declared_end in _DECLARED_ENDS:
            if head[offset : offset + len(magic)] == magic:
                return declared_end(file, size) > size
    return False


def is_mp4(path: Path) -> bool:
    """Return whether a file begins like MP4, M4A and MOV; these need their index."""
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


def is_text(path: Path) -> bool:
    """Return whether a file begins with nothing but UTF-8 text, which no recording does."""
    with path.open("rb") as file:
        head = file.read(_TEXT_BYTES)
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - _MAX_UTF8_BYTES or len(head) < _TEXT_BYTES:
            return False
        text = head[: error.start].decode()  # the last character is cut
    return all(char.isprintable() or char.isspace() for char in text)


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


def _mp4_end(file: BinaryIO, size: int) -> int:
    """Return the end of the last box. Source: ISO/IEC 14496-12, section 4.2."""
    position = 0
    for _ in range(_MAX_CHUNKS):
        if position + 8 > size:
            break
        file.seek(position)
        header = file.read(16)
        length = int.from_bytes(header[:4], "big")
        if length == 1:
            length = int.from_bytes(header[8:], "big")
        if length < 8:  # 0: the box extends to the end of the file
            return size
        position += length
    return position


def _caf_end(file: BinaryIO, size: int) -> int:
    """Return the end of the last chunk. Source: Apple, Core Audio Format, chunk header."""
    position = 8
    for _ in range(_MAX_CHUNKS):
        if position + 12 > size:
            break
        file.seek(position)
        length = int.from_bytes(file.read(12)[4:], "big", signed=True)
        if length < 0:  # a data chunk of unknown length
            return size
        position += 12 + length
    return position


def _w64_end(file: BinaryIO, size: int) -> int:
    """Return the declared size of a Sony Wave64 file; 0 in a stream."""
    file.seek(16)
    return int.from_bytes(file.read(8), "little")


def _matroska_end(file: BinaryIO, size: int) -> int:
    """Return the end of the segment. Source: RFC 8794, section 4; RFC 9559, section 5.1."""
    position = 4 + _ebml_length(file, 4)[1] + _ebml_length(file, 4)[0]
    file.seek(position)
    if file.read(4) != _MATROSKA_SEGMENT:
        return size
    length, width = _ebml_length(file, position + 4)
    is_unknown = length == (1 << 7 * width) - 1
    return size if is_unknown else position + 4 + width + length


def _ebml_length(file: BinaryIO, position: int) -> tuple[int, int]:
    """Return an element's length and the number of bytes in which it is written."""
    file.seek(position)
    encoded = file.read(8)
    width = 9 - encoded[0].bit_length() if encoded and encoded[0] else 8
    return int.from_bytes(encoded[:width], "big") & (1 << 7 * width) - 1, width


_MATROSKA_SEGMENT = b"\x18\x53\x80\x67"

_DECLARED_ENDS: tuple[tuple[bytes, int, Callable[[BinaryIO, int], int]], ...] = (
    (b"ftyp", 4, _mp4_end),
    (b"caff", 0, _caf_end),
    (b"riff\x2e\x91\xcf\x11", 0, _w64_end),
    (b"\x1a\x45\xdf\xa3", 0, _matroska_end),
)
"""The first bytes of a format, their offset, and how to read where the file should end."""


def _find_data(file: BinaryIO, position: int) -> tuple[int, int] | None:
    """Return the position and the declared length of the data chunk."""
    for _ in range(_MAX_CHUNKS):
        file.seek(position)
        header = file.read(8)
        if len(header) < 8:
            return None
        length = int.from_bytes(header[4:], "little")
        if header[:4] == b"data":
            return position + 8, length
        position += 8 + length + length % 2
    return None


def _is_stream_length(length: int) -> bool:
    return (
        any(abs(length - known) <= _HEADER_TOLERANCE for known in _STREAM_LENGTHS[1:]) or not length
    )


def _has_audio_at(file: BinaryIO, end: int, size: int) -> bool:
    """Return whether something else than further RIFF chunks follows the data chunk."""
    position = end + end % 2
    for _ in range(_MAX_CHUNKS):
        if position + 8 > size:
            break
        file.seek(position)
        header = file.read(8)
        name, length = header[:4], int.from_bytes(header[4:], "little")
        is_chunk = name != b"RIFF" and all(32 <= byte < 127 for byte in name)
        if not is_chunk or position + 8 + length > size:
            return True
        position += 8 + length + length % 2
    return False
