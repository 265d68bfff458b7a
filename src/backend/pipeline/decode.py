"""Decodes the audio of any audio or video file, block by block.

The content determines the format; the name matters only for formats without a header.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from backend.errors import EmptyAudioError, NoSuchTrackError, UnreadableAudioError
from backend.pipeline.containers import audio_stream, audio_tracks, open_media
from backend.pipeline.headers import has_mp3_length, is_cut_off, read_riff_header
from backend.pipeline.raw_formats import format_by_name
from contracts.audio import InputFormat
from contracts.recordings import AudioTrack

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

_TRUNCATED_SHARE = 0.98
"""A recording shorter than this share of its declared duration counts as truncated."""

_ZERO_BASED = {"matroska", "mov"}
"""Formats whose timestamps count from the start of playback, as browsers do."""

_MAX_OGG_START_S = 600.0
"""Browsers count an Ogg file from 0 too, but a part of a broadcast counts from its beginning."""

_MATROSKA_DURATION = re.compile(r"(\d+):(\d\d):(\d\d\.\d+)")
"""The tag in which muxers write the length of a track."""

_WITHOUT_LENGTH = {
    "aac", "ac3", "amr", "amrnb", "amrwb", "dts", "eac3", "gsm", "latm", "loas", "truehd",
}  # fmt: skip
"""Formats without a length: FFmpeg guesses one from the bit rate."""


@dataclass(frozen=True)
class MediaInfo:
    """Format of a media file and of the audio track to decode, as found in the content.

    Attributes:
        duration_s: as the container declares it; None when it does not.
        input_format: how to open the file.
        tracks: all audio tracks of the file.
        track: number of the one to decode.
    """

    container: str
    codec: str
    sample_rate: int
    channels: int
    duration_s: float | None
    input_format: InputFormat
    tracks: tuple[AudioTrack, ...]
    track: int


@dataclass
class DecodeReport:
    """Problems found while decoding; updated while the blocks are read.

    Attributes:
        n_samples: samples per channel read so far, at the source's sample rate.
        damaged: some packets could not be decoded and were skipped.
        non_finite: there were NaN or infinite samples.
        truncated: audio that the file declares is missing; set after the last block.
        is_opening: reading stopped before the last block.
    """

    n_samples: int = 0
    damaged: bool = False
    non_finite: bool = False
    truncated: bool = False
    is_opening: bool = False


def probe(
    path: Path,
    *,
    name: str = "",
    input_format: InputFormat = InputFormat.AUTO,
    audio_track: int | None = None,
) -> MediaInfo:
    """Open a file, decode the first frame of an audio track and return its format.

    Args:
        path: the file.
        name: as the client calls it; its ending may tell a format that has no header.
        input_format: of a file without a header.
        audio_track: 1 is the first; None: the track that the file marks as its default one, else
            the first, and another one where that has no samples.

    Raises:
        EmptyAudioError: the file is empty, or its audio track has no samples.
        UnsupportedMediaError: the content is neither audio nor video.
        NoAudioStreamError: a video without audio.
        NoSuchTrackError: there is no track `audio_track`.
        UnreadableAudioError: the audio cannot be decoded.
    """
    if input_format is InputFormat.AUTO:
        input_format = format_by_name(path, name)
    with open_media(path, input_format) as container:
        tracks = audio_tracks(container)
        first, *others = _candidates(tracks, audio_track)
        try:
            return _probe_track(path, container, input_format, tracks, first)
        except (EmptyAudioError, UnreadableAudioError):
            container.close()
            for other in others:
                with (
                    suppress(EmptyAudioError, UnreadableAudioError),
                    open_media(path, input_format) as reopened,
                ):
                    return _probe_track(path, reopened, input_format, tracks, other)
            raise


def _candidates(tracks: tuple[AudioTrack, ...], audio_track: int | None) -> list[AudioTrack]:
    """Return the tracks to try, in this order."""
    if audio_track is None:
        return sorted(tracks, key=lambda track: not _is_only_default(track, tracks))
    if audio_track > len(tracks):
        raise NoSuchTrackError(f"The file has no audio track {audio_track}; it has {len(tracks)}.")
    return [tracks[audio_track - 1]]


def _is_only_default(track: AudioTrack, tracks: tuple[AudioTrack, ...]) -> bool:
    return track.is_default and sum(each.is_default for each in tracks) == 1


def _probe_track(
    path: Path,
    container: InputContainer,
    input_format: InputFormat,
    tracks: tuple[AudioTrack, ...],
    track: AudioTrack,
) -> MediaInfo:
    """Decode the first frame of a track, and return the track's format.

    Args:
        container: of which no packet has been read.
    """
    stream = audio_stream(container, track.number)
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
        input_format=input_format,
        tracks=tracks,
        track=track.number,
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
    report.truncated = report.damaged or is_short or is_cut_off(path)
    if not report.n_samples:
        raise EmptyAudioError(_NO_SAMPLES)


def _blocks(path: Path, info: MediaInfo, report: DecodeReport) -> Iterator[Block]:
    with open_media(path, info.input_format) as container:
        stream = audio_stream(container, info.track)
        origin_s = _origin_s(container)
        max_gap_s = inf if _is_zero_based(container) else MAX_GAP_S
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


def _origin_s(container: InputContainer) -> float:
    """Return the timestamp that a player shows as 0."""
    start_s = float(Fraction(container.start_time or 0, av.time_base))
    is_short_ogg = container.format.name == "ogg" and start_s <= _MAX_OGG_START_S
    return 0.0 if is_short_ogg or _is_zero_based(container) else start_s


def _is_zero_based(container: InputContainer) -> bool:
    return not _ZERO_BASED.isdisjoint(container.format.name.split(","))


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
    if tag := _MATROSKA_DURATION.fullmatch(stream.metadata.get("DURATION", "")):
        hours, minutes, seconds = tag.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if container.duration and len(container.streams) == 1:  # else it may be that of another track
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
