"""Reads the sound of any audio or video file, block by block.

The content decides what a file is; its name is never looked at.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from backend.errors import (
    EmptyAudioError,
    NoAudioStreamError,
    UnreadableAudioError,
    UnsupportedMediaError,
)

Block = npt.NDArray[np.float32]
"""Shape (n_samples, n_channels), float32, full scale is [-1, 1]."""

MAX_CHANNELS = 32
"""More are refused: no recorder makes them, and a header that claims them is a trap."""

MAX_SOURCE_RATE = 768_000
"""Hz. The highest rate of any converter sold."""

MAX_BLOCK_VALUES = 2_000_000
"""Samples of all channels together in one block: 8 MB."""

MIN_GAP_S = 0.1
"""Shorter gaps between time stamps are jitter of the container, not missing sound."""

MAX_GAP_S = 600.0
"""A longer jump is a clock that was set anew, not ten minutes of missing sound."""

_NO_SOUND = "The file has an audio track, but no sound in it."
_TRUNCATED_SHARE = 0.98
"""Less than this share of the promised length means that the file's end is missing."""

# These read other files, devices or the network; no recording needs them.
_REFUSED_CONTAINERS = {"hls", "dash", "concat", "concatf", "image2", "tty", "lavfi", "sdp", "rtsp"}
_PRIVATE_OPTIONS = {"protocol_whitelist": "file"}


@dataclass(frozen=True)
class MediaInfo:
    """What a file's content says of itself."""

    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: float | None


@dataclass
class DecodeReport:
    """What was met on the way; filled in while the blocks are read.

    Attributes:
        n_samples: samples of one channel read so far, at the file's own rate.
        damaged: some packets could not be decoded and were passed over.
        non_finite: there were NaN or infinite samples.
        truncated: at the end: sound that the file promises is missing.
    """

    n_samples: int = 0
    damaged: bool = False
    non_finite: bool = False
    truncated: bool = False


def probe(path: Path) -> MediaInfo:
    """Open a file, decode its first sound, and tell what it is.

    Raises:
        EmptyAudioError: the file is empty, or its audio stream has no sample.
        UnsupportedMediaError: the content is neither audio nor video.
        NoAudioStreamError: it is a video without sound.
        UnreadableAudioError: it has sound that cannot be decoded.
    """
    with _open(path) as (container, stream):
        first = next(_frames(container, stream, DecodeReport()), None)
        if first is None:
            raise EmptyAudioError(_NO_SOUND)
        if not 0 < first.sample_rate <= MAX_SOURCE_RATE:
            raise UnreadableAudioError(f"A sample rate of {first.sample_rate} Hz cannot be read.")
        n_channels = first.layout.nb_channels
        if not 0 < n_channels <= MAX_CHANNELS:
            raise UnreadableAudioError(f"A recording of {n_channels} channels cannot be read.")
        return MediaInfo(
            container=container.format.name,
            codec=stream.codec_context.name,
            sample_rate=first.sample_rate,
            channels=n_channels,
            duration_s=_promised_duration_s(container, stream),
        )


def decode_blocks(path: Path, info: MediaInfo, report: DecodeReport) -> Iterator[Block]:
    """Yield the sound of a file in order, with silence where its clock skips.

    Args:
        path: a file that `probe` has accepted.
        info: what `probe` said; every block has its rate and its number of channels.
        report: filled in as the blocks are read.

    Yields:
        Blocks of about a second; NaN and infinite samples are replaced by 0.
    """
    for block in _blocks(path, info, report):
        report.n_samples += len(block)
        if np.isfinite(block).all():
            yield block
        else:
            report.non_finite = True
            yield np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
    is_short = _is_short(report.n_samples / info.sample_rate, info)
    report.truncated = report.damaged or is_short or _riff_is_cut(path)
    if not report.n_samples:
        raise EmptyAudioError(_NO_SOUND)


def _blocks(path: Path, info: MediaInfo, report: DecodeReport) -> Iterator[Block]:
    with _open(path) as (container, stream):
        origin_s = float(Fraction(container.start_time or 0, av.time_base))
        clock_s = 0.0
        to_blocks = _BlockMaker(info.sample_rate, info.channels)
        for frame in _frames(container, stream, report):
            missing_s = 0.0 if frame.time is None else frame.time - origin_s - clock_s
            if MIN_GAP_S < missing_s <= MAX_GAP_S:
                yield from to_blocks.flush()
                yield from _silence(missing_s, info)
                clock_s += missing_s
            yield from to_blocks.convert(frame)
            clock_s += frame.samples / frame.sample_rate
        yield from to_blocks.flush()


def _silence(duration_s: float, info: MediaInfo) -> Iterator[Block]:
    missing = round(duration_s * info.sample_rate)
    block = min(info.sample_rate, MAX_BLOCK_VALUES // info.channels)
    for start in range(0, missing, block):
        yield np.zeros((min(block, missing - start), info.channels), np.float32)


def _is_short(duration_s: float, info: MediaInfo) -> bool:
    promised_s = info.duration_s or 0.0
    return duration_s < promised_s * _TRUNCATED_SHARE - MIN_GAP_S


def _riff_is_cut(path: Path) -> bool:
    """Whether a WAV is shorter than its header says; FFmpeg trusts the file's size instead."""
    with path.open("rb") as file:
        magic, length = file.read(4), int.from_bytes(file.read(4), "little")
    streamed = length in (0, 0xFFFFFFFF)  # written before the length was known
    return magic == b"RIFF" and not streamed and length + 8 > path.stat().st_size


def _is_mp4(path: Path) -> bool:
    """Whether it begins as MP4, M4A and MOV do; without the index at its end nothing is told."""
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


@contextmanager
def _open(path: Path) -> Generator[tuple[InputContainer, AudioStream]]:
    if path.stat().st_size == 0:
        raise EmptyAudioError("The file is empty.")
    try:
        container = av.open(str(path), mode="r", options=_PRIVATE_OPTIONS, metadata_errors="ignore")
    except (FFmpegError, ValueError) as error:
        if _is_mp4(path):
            raise UnreadableAudioError("The file was cut off before its index.") from error
        raise UnsupportedMediaError("The file is neither audio nor video.") from error
    with container:
        name = container.format.name
        if name.endswith("_pipe") or _REFUSED_CONTAINERS & set(name.split(",")):  # or a picture
            raise UnsupportedMediaError("The file is neither audio nor video.")
        if not container.streams.audio:
            raise _why_no_audio(container)
        stream = container.streams.audio[0]
        yield container, stream


def _why_no_audio(container: InputContainer) -> Exception:
    if container.streams.video:
        return NoAudioStreamError("The video has no sound.")
    return UnsupportedMediaError("The file is neither audio nor video.")


def _frames(
    container: InputContainer, stream: AudioStream, report: DecodeReport
) -> Iterator[AudioFrame]:
    """Yield decoded frames; packets that cannot be decoded are passed over and reported."""
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
    except FFmpegError:
        report.damaged = True
    if report.damaged and not decoded_any:
        raise UnreadableAudioError("The sound of the file is damaged and cannot be decoded.")


def _promised_duration_s(container: InputContainer, stream: AudioStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    only_sound = len(container.streams) == len(container.streams.audio)
    if container.duration and only_sound:  # else it may be the length of the picture
        return float(Fraction(container.duration, av.time_base))
    return None


class _BlockMaker:
    """Brings frames of any sample format to float32 blocks of one rate and layout."""

    def __init__(self, sample_rate: int, n_channels: int) -> None:
        self._rate = sample_rate
        self._n_channels = n_channels
        self._form: tuple[str, str, int] | None = None
        self._converter: AudioResampler | None = None

    def convert(self, frame: AudioFrame) -> Iterator[Block]:
        """Yield the blocks that are full once this frame is there."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._converter is None or form != self._form:  # a stream may change on the way
            yield from self.flush()
            self._form = form
            self._converter = self._converter_for(frame)
        yield from self._run(self._converter, frame)

    def flush(self) -> Iterator[Block]:
        """Yield what is left."""
        if self._converter is not None:
            yield from self._run(self._converter, None)
            self._converter = None

    def _converter_for(self, frame: AudioFrame) -> AudioResampler:
        same_layout = frame.layout.nb_channels == self._n_channels
        return AudioResampler(
            format="flt",
            layout=frame.layout.name if same_layout else f"{self._n_channels}c",
            rate=self._rate,
            # a second at once, for small frames cost more than their samples; of many channels less
            frame_size=min(self._rate, MAX_BLOCK_VALUES // self._n_channels),
        )

    def _run(self, converter: AudioResampler, frame: AudioFrame | None) -> Iterator[Block]:
        for converted in converter.resample(frame):
            samples = converted.to_ndarray().astype(np.float32, copy=False)
            yield samples.reshape(-1, self._n_channels)
