"""Decodes any audio or video file to a 16 kHz mono recording on disk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.errors import TooLongError
from backend.pipeline.decode import Block, DecodeReport, MediaInfo, decode_blocks
from backend.pipeline.downmix import downmix_weights
from backend.pipeline.pcm import PcmRecording, PcmWriter
from backend.pipeline.resample import StreamResampler

OnBlock = Callable[[], None]
"""Called for each block; raises to abort decoding."""


@dataclass(frozen=True)
class DecodedMedia:
    """A decoded recording and the problems found in its file; see `DecodeReport`."""

    recording: PcmRecording
    truncated: bool
    non_finite: bool


def decode_to_pcm(
    source: Path, info: MediaInfo, target: Path, max_duration_s: float, on_block: OnBlock
) -> DecodedMedia:
    """Decode a file to s16le, mono, 16 kHz.

    Args:
        source: the media file.
        info: the result of `probe` for it.
        target: the file to write.
        max_duration_s: limit of the decoded audio, whatever the header declares.
        on_block: called for each block, twice over for files with several channels.

    Raises:
        TooLongError: the recording exceeds `max_duration_s`.
        EmptyAudioError: the audio stream has no samples.
        UnreadableAudioError: no packet can be decoded.
    """
    report = DecodeReport()
    weights = np.ones(1, np.float32)
    if info.channels > 1:
        blocks = _limited_blocks(source, info, DecodeReport(), max_duration_s, on_block)
        weights = downmix_weights(blocks, info.channels)
    resampler = StreamResampler(info.sample_rate)
    with PcmWriter(target) as writer:
        for block in _limited_blocks(source, info, report, max_duration_s, on_block):
            writer.write(resampler.push(block @ weights))
        writer.write(resampler.finish())
        return DecodedMedia(writer.recording(), report.truncated, report.non_finite)


def _limited_blocks(
    source: Path, info: MediaInfo, report: DecodeReport, max_duration_s: float, on_block: OnBlock
) -> Iterator[Block]:
    for block in decode_blocks(source, info, report):
        on_block()
        if report.n_samples / info.sample_rate > max_duration_s:
            raise TooLongError(too_long_message(max_duration_s))
        yield block


def too_long_message(max_duration_s: float) -> str:
    """Return the error message that states the limit."""
    return f"The recording is longer than the limit of {max_duration_s / 3600:g} hours."
