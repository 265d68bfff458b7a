"""From a file of any kind to a recording that the model can be given: decode to 16 kHz."""

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
"""Called at each block; may raise, to stop the work."""


@dataclass(frozen=True)
class DecodedMedia:
    """A recording ready to be looked at, and what was wrong with its file."""

    recording: PcmRecording
    truncated: bool
    non_finite: bool


def decode_to_pcm(
    source: Path, info: MediaInfo, target: Path, max_duration_s: float, on_block: OnBlock
) -> DecodedMedia:
    """Decode a file to s16le, mono, 16 kHz on disk.

    Raises:
        TooLongError: it lasts longer than `max_duration_s`, whatever its header says.
        EmptyAudioError: there is no sample in it.
        UnreadableAudioError: nothing of it can be decoded.
    """
    report = DecodeReport()
    weights = np.ones(1, np.float32)
    if info.channels > 1:
        looked_at = _watched(source, info, DecodeReport(), max_duration_s, on_block)
        weights = downmix_weights(looked_at, info.channels)
    resampler = StreamResampler(info.sample_rate)
    with PcmWriter(target) as writer:
        for block in _watched(source, info, report, max_duration_s, on_block):
            writer.write(resampler.push(block @ weights))
        writer.write(resampler.finish())
        return DecodedMedia(writer.recording(), report.truncated, report.non_finite)


def _watched(
    source: Path, info: MediaInfo, report: DecodeReport, max_duration_s: float, on_block: OnBlock
) -> Iterator[Block]:
    for block in decode_blocks(source, info, report):
        on_block()
        if report.n_samples / info.sample_rate > max_duration_s:
            raise TooLongError(too_long_message(max_duration_s))
        yield block


def too_long_message(max_duration_s: float) -> str:
    """Return the sentence that tells a client of the limit."""
    return f"The recording is longer than the {max_duration_s / 3600:g} hours that are accepted."
