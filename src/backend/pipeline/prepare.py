"""Decodes any audio or video file to a 16 kHz recording on disk, each channel by itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from backend.errors import TooLongError
from backend.pipeline.decode import Block, DecodeReport, MediaInfo, decode_blocks
from backend.pipeline.downmix import Covariance, downmix_weights
from backend.pipeline.pcm import PcmRecording, PcmWriter
from backend.pipeline.resample import StreamResampler

OnBlock = Callable[[], None]
"""Called for each block; raises to abort decoding."""

MAX_SEPARATE_CHANNELS = 8
"""Files with more channels are mixed while they are decoded."""


@dataclass(frozen=True)
class DecodedMedia:
    """A decoded recording and the problems found in its file; see `DecodeReport`.

    Attributes:
        recording: all channels mixed into one signal.
        channels: each channel, in the same file; the mix alone if there are too many.
        is_opening: decoding stopped after the seconds that were asked for; there may be more.
    """

    recording: PcmRecording
    channels: tuple[PcmRecording, ...]
    truncated: bool
    non_finite: bool
    is_opening: bool = False

    def moved_to(self, path: Path) -> "DecodedMedia":
        """Return the same after its file was moved."""
        channels = tuple(replace(channel, path=path) for channel in self.channels)
        return replace(self, recording=replace(self.recording, path=path), channels=channels)


def n_decoded_channels(info: MediaInfo) -> int:
    """Return how many channels the decoded recording has; a second takes 32 kB of each."""
    return info.channels if info.channels <= MAX_SEPARATE_CHANNELS else 1


def decode_to_pcm(  # noqa: PLR0913
    source: Path,
    info: MediaInfo,
    target: Path,
    max_duration_s: float,
    on_block: OnBlock,
    *,
    first_s: float | None = None,
) -> DecodedMedia:
    """Decode a file to s16le, 16 kHz, channels interleaved.

    Args:
        source: the media file.
        info: the result of `probe` for it.
        target: the file to write.
        max_duration_s: limit of the decoded audio, whatever the header declares.
        first_s: seconds of audio after which to stop; None: decode all.
        on_block: called for each block; twice over for files with too many channels.

    Raises:
        TooLongError: the recording exceeds `max_duration_s`.
        EmptyAudioError: the audio stream has no samples.
        UnreadableAudioError: no packet can be decoded.
    """
    report = DecodeReport()
    blocks = _limited_blocks(source, info, report, max_duration_s, on_block, first_s)
    n_channels = n_decoded_channels(info)
    if n_channels != info.channels:
        unmixed = _limited_blocks(source, info, DecodeReport(), max_duration_s, on_block, first_s)
        weights = downmix_weights(unmixed, info.channels)
        blocks = (block @ weights for block in blocks)
    covariance = Covariance(n_channels)
    resampler = StreamResampler(info.sample_rate, n_channels)
    with PcmWriter(target, n_channels) as writer:
        for block in blocks:
            samples = np.ascontiguousarray(block if n_channels > 1 else block.reshape(-1))
            if n_channels > 1:
                covariance.add(samples)
            writer.write(resampler.push(samples))
        writer.write(resampler.finish())
        channels = writer.channels()
    mix = channels[0] if n_channels == 1 else channels[0].mixed(covariance.weights().tolist())
    return DecodedMedia(mix, channels, report.truncated, report.non_finite, report.is_opening)


def _limited_blocks(  # noqa: PLR0913, PLR0917  # as `decode_to_pcm`
    source: Path,
    info: MediaInfo,
    report: DecodeReport,
    max_duration_s: float,
    on_block: OnBlock,
    first_s: float | None,
) -> Iterator[Block]:
    for block in decode_blocks(source, info, report):
        on_block()
        if report.n_samples / info.sample_rate > max_duration_s:
            raise TooLongError(too_long_message(max_duration_s))
        yield block
        if first_s is not None and report.n_samples / info.sample_rate >= first_s:
            report.is_opening = True
            return


def too_long_message(max_duration_s: float) -> str:
    """Return the error message that states the limit."""
    return f"The recording is longer than the limit of {max_duration_s / 3600:g} hours."
