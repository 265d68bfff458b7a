"""Decodes the audio of any audio or video file, block by block.

The file's content determines its format; its name is ignored.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import inf
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec.codec import Codec
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from backend.errors import (
    EmptyAudioError,
    NoAudioStreamError,
    UnreadableAudioError,
    UnsupportedMediaError,
)
from backend.pipeline.headers import RiffHeader, has_mp3_length, read_riff_header

Block = npt.NDArray[np.float32]
"""Shape (n_samples, n_channels), float32; full scale is [-1, 1]."""

MAX_CHANNELS = 32
"""More channels are refused: no recorder writes them, but a malicious header may claim them."""

MAX_SOURCE_RATE = 768_000
"""Hz; the highest rate of any converter on sale."""

MAX_BLOCK_VALUES = 2_000_000
"""Samples of all channels in one block: 8 MB."""

MIN_GAP_S = 0.1
"""Shorter gaps between timestamps are jitter of the container, not missing audio."""

MAX_GAP_S = 600.0
"""A longer gap in a broadcast format is a clock that was reset, not missing audio."""

_NO_SAMPLES = "The file has an audio track without any samples."
_NOT_MEDIA = "The file is neither audio nor video."
_NO_INDEX = "The file is cut off before its index."

_TRUNCATED_SHARE = 0.98
"""A recording shorter than this share of its declared duration counts as truncated."""

_DEMUXERS = (
    "aac", "ac3", "aiff", "amr", "amrnb", "amrwb", "ape", "asf", "asf_o", "au", "avi", "caf",
    "dsf", "dss", "dts", "dtshd", "eac3", "flac", "flv", "gsm", "ilbc", "ircam", "latm",
    "live_flv", "loas", "matroska", "mov", "mp3", "mpc", "mpc8", "mpeg", "mpegts", "nistsphere",
    "nut", "ogg", "oma", "qcp", "rm", "sbc", "shn", "sox", "tak", "truehd", "tta", "voc", "w64",
    "wav", "wv",
)  # fmt: skip
"""Formats of recordings. Others read further files, devices or the network, or are pictures."""

_ZERO_BASED = {"matroska", "mov"}
"""Formats whose timestamps count from the start of playback, as browsers do."""

_WITHOUT_LENGTH = {
    "aac", "ac3", "amr", "amrnb", "amrwb", "dts", "eac3", "gsm", "latm", "loas", "truehd",
}  # fmt: skip
"""Formats without a length: FFmpeg guesses one from the bit rate."""


@dataclass(frozen=True)
class MediaInfo:
    """Format of a media file and its first audio stream, as found in the content.

    Attributes:
        duration_s: as the container declares it; None when it does not.
    """

    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: float | None


@dataclass
class DecodeReport:
    """Problems found while decoding; updated while the blocks are read.

    Attributes:
        n_samples: samples per channel read so far, at the source's sample rate.
        damaged: some packets could not be decoded and were skipped.
        non_finite: there were NaN or infinite samples.
        truncated: audio that the file declares is missing; set after the last block.
    """

    n_samples: int = 0
    damaged: bool = False
    non_finite: bool = False
    truncated: bool = False


def probe(path: Path) -> MediaInfo:
    """Open a file, decode its first audio frame and return its format.

    Raises:
        EmptyAudioError: the file is empty, or its audio stream has no samples.
        UnsupportedMediaError: the content is neither audio nor video.
        NoAudioStreamError: a video without audio.
        UnreadableAudioError: the audio cannot be decoded.
    """
    with _open(path) as (container, stream):
        first = next(_frames(container, stream, DecodeReport()), None)
        if first is None:
            raise EmptyAudioError(_NO_SAMPLES)
        if not 0 < first.sample_rate <= MAX_SOURCE_RATE:
            raise UnreadableAudioError(f"Unsupported sample rate: {first.sample_rate} Hz.")
        n_channels = first.layout.nb_channels
        if not 0 < n_channels <= MAX_CHANNELS:
            raise UnreadableAudioError(f"Unsupported number of channels: {n_channels}.")
        return MediaInfo(
            container=container.format.name,
            codec=stream.codec_context.name,
            sample_rate=first.sample_rate,
            channels=n_channels,
            duration_s=_declared_duration_s(path, container, stream),
        )


def decode_blocks(path: Path, info: MediaInfo, report: DecodeReport) -> Iterator[Block]:
    """Yield the audio of a file in order, with silence where its timestamps skip.

    Args:
        path: a file that `probe` accepted.
        info: the result of `probe`; every block has its sample rate and number of channels.
        report: updated as the blocks are read.

    Yields:
        Blocks of about a second, with NaN and infinite samples replaced by 0.

    Raises:
        EmptyAudioError: the audio stream has no samples.
        UnreadableAudioError: no packet can be decoded.
    """
    for block in _blocks(path, info, report):
        report.n_samples += len(block)
        if np.isfinite(block).all():
            yield block
        else:
            report.non_finite = True
            yield np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
    is_short = _is_short(report.n_samples / info.sample_rate, info)
    riff = read_riff_header(path)
    report.truncated = report.damaged or is_short or (riff is not None and riff.is_cut)
    if not report.n_samples:
        raise EmptyAudioError(_NO_SAMPLES)


def _blocks(path: Path, info: MediaInfo, report: DecodeReport) -> Iterator[Block]:
    with _open(path) as (container, stream):
        is_zero_based = _is_zero_based(container)
        start_time = 0 if is_zero_based else container.start_time or 0
        origin_s = float(Fraction(start_time, av.time_base))
        max_gap_s = inf if is_zero_based else MAX_GAP_S
        clock_s = 0.0
        converter = _BlockConverter(info.sample_rate, info.channels)
        for frame in _frames(container, stream, report):
            missing_s = 0.0 if frame.time is None else frame.time - origin_s - clock_s
            if MIN_GAP_S < missing_s <= max_gap_s:
                yield from converter.flush()
                yield from _silence(missing_s, info)
                clock_s += missing_s
            yield from converter.convert(frame)
            clock_s += frame.samples / frame.sample_rate
        yield from converter.flush()


def _silence(duration_s: float, info: MediaInfo) -> Iterator[Block]:
    missing = round(duration_s * info.sample_rate)
    block = min(info.sample_rate, MAX_BLOCK_VALUES // info.channels)
    for start in range(0, missing, block):
        yield np.zeros((min(block, missing - start), info.channels), np.float32)


def _is_short(duration_s: float, info: MediaInfo) -> bool:
    declared_s = info.duration_s or 0.0
    return duration_s < declared_s * _TRUNCATED_SHARE - MIN_GAP_S


@cache
def _audio_decoders() -> str:
    """Return FFmpeg's list of all audio decoders; pictures and subtitles are never decoded."""
    names: list[str] = []
    for name in sorted(av.codecs_available):
        with suppress(ValueError):  # an encoder without a decoder
            if Codec(name, "r").type == "audio":
                names.append(name)
    return ",".join(names)


def _options(riff: RiffHeader | None) -> dict[str, str]:
    """Return FFmpeg's options for a file that nobody has looked into yet."""
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(_DEMUXERS),
        "codec_whitelist": _audio_decoders(),
    }
    if riff and riff.offset:
        options["skip_initial_bytes"] = str(riff.offset)
    if riff and riff.has_more:
        options["ignore_length"] = "1"
    return options


def _is_mp4(path: Path) -> bool:
    """Return whether a file begins like MP4, M4A and MOV; these need the index at their end."""
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


@contextmanager
def _open(path: Path) -> Generator[tuple[InputContainer, AudioStream]]:
    if path.stat().st_size == 0:
        raise EmptyAudioError("The file is empty.")
    try:
        options = _options(read_riff_header(path))
        container = av.open(str(path), mode="r", options=options, metadata_errors="ignore")
    except (FFmpegError, ValueError) as error:
        if _is_mp4(path):
            raise UnreadableAudioError(_NO_INDEX) from error
        raise UnsupportedMediaError(_NOT_MEDIA) from error
    with container:
        if not container.streams.audio:
            raise _no_audio_error(container)
        yield container, _select_stream(container)


def _select_stream(container: InputContainer) -> AudioStream:
    """Return the audio track that the file marks as its default one, else the first."""
    tracks = container.streams.audio
    default = [track for track in tracks if track.disposition & Disposition.default]
    return default[0] if len(default) == 1 else tracks[0]


def _is_zero_based(container: InputContainer) -> bool:
    return not _ZERO_BASED.isdisjoint(container.format.name.split(","))


def _no_audio_error(container: InputContainer) -> Exception:
    if container.streams.video:
        return NoAudioStreamError("The video has no audio track.")
    return UnsupportedMediaError(_NOT_MEDIA)


def _frames(
    container: InputContainer, stream: AudioStream, report: DecodeReport
) -> Iterator[AudioFrame]:
    """Yield decoded frames; packets that cannot be decoded are skipped and reported."""
    decoded_any = False
    try:
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except FFmpegError:
                report.damaged = True
                continue
            for frame in frames:
                if frame.samples:
                    decoded_any = True
                    yield frame
    except (FFmpegError, IndexError):  # IndexError: PyAV met a stream that began after opening
        report.damaged = True
    if report.damaged and not decoded_any:
        raise UnreadableAudioError("The audio is damaged and cannot be decoded.")


def _declared_duration_s(
    path: Path, container: InputContainer, stream: AudioStream
) -> float | None:
    """Return the length in the header; None when FFmpeg would only guess it."""
    names = set(container.format.name.split(","))
    riff = read_riff_header(path)
    if not names.isdisjoint(_WITHOUT_LENGTH) or (riff and (riff.is_stream or riff.has_more)):
        return None
    if "mp3" in names and not has_mp3_length(path):
        return None
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    has_only_audio = len(container.streams) == len(container.streams.audio)
    if container.duration and has_only_audio:  # otherwise it may be the length of the video
        return float(Fraction(container.duration, av.time_base))
    return None


class _BlockConverter:
    """Converts frames of any sample format to float32 blocks of one sample rate and layout."""

    def __init__(self, sample_rate: int, n_channels: int) -> None:
        self._sample_rate = sample_rate
        self._n_channels = n_channels
        self._format: tuple[str, str, int] | None = None
        self._converter: AudioResampler | None = None

    def convert(self, frame: AudioFrame) -> Iterator[Block]:
        """Yield the blocks that this frame completes."""
        new_format = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._converter is None or new_format != self._format:  # a stream may change its format
            yield from self.flush()
            self._format = new_format
            self._converter = self._converter_for(frame)
        yield from self._run(self._converter, frame)

    def flush(self) -> Iterator[Block]:
        """Yield the incomplete last block."""
        if self._converter is not None:
            yield from self._run(self._converter, None)
            self._converter = None

    def _converter_for(self, frame: AudioFrame) -> AudioResampler:
        same_layout = frame.layout.nb_channels == self._n_channels
        return AudioResampler(
            format="flt",
            layout=frame.layout.name if same_layout else f"{self._n_channels}c",
            rate=self._sample_rate,
            # a second, because small frames are slow to convert; less with many channels
            frame_size=min(self._sample_rate, MAX_BLOCK_VALUES // self._n_channels),
        )

    def _run(self, converter: AudioResampler, frame: AudioFrame | None) -> Iterator[Block]:
        for converted in converter.resample(frame):
            samples = converted.to_ndarray().astype(np.float32, copy=False)
            yield samples.reshape(-1, self._n_channels)
