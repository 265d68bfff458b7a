"""Decides which channels of a recording are transcribed by themselves.

The channels of a call carry different voices: each is transcribed by itself, so that neither a
quiet party nor two that speak at once are lost. The channels of a film or a meeting carry the
same voices: they are transcribed once, mixed. The decision is made for each speech span: whether
its sound has the same waveform as a simultaneous span on another channel, or rises and falls with
it, as in another place of the same room.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from backend.pipeline.pcm import PcmRecording
from backend.pipeline.resample import Samples
from backend.pipeline.spans import SpeechSpan, joined_spans
from backend.pipeline.vad import SpeechDetector
from contracts.audio import SAMPLE_RATE

SAME_ABOVE = 0.5
"""Similarity above which two channels carry the same voice.

Source: windows of Russian sentences. The same voice in two rooms, delayed, in opposite phase, as an
echo at -30 dB or in other noise of 0 dB: 0.53 to 1. Two voices: 0.15 in the mean.
"""

_WAVEFORM_WEIGHT = 2.0
"""Waveforms of two voices correlate up to 0.14, those of one voice in other noise of 0 dB 0.5."""

_MAX_LAG_S = 0.03
"""Sound travels 10 m in it."""

WINDOW_S = 2.0
"""Shorter windows are alike by chance: a syllable falls on a syllable."""

_STEP_S = 1.0
_FRAME_SAMPLES = 512
_HOP_SAMPLES = 320
_BAND_EDGES_HZ = np.geomspace(200, 3_800, 17)
"""The band of the telephone."""

_NOISE_POWER = 1e-7
"""Added to the power of a band, so that digital silence is not louder or quieter than noise."""

_IDENTICAL_ABOVE = 0.999
"""Share of the power of two channels that is common, above which they are one channel twice."""


@dataclass(frozen=True)
class Signal:
    """A mix of channels that is transcribed, and its speech."""

    recording: PcmRecording
    spans: list[SpeechSpan]


def speech_signals(
    mix: PcmRecording, channels: Sequence[PcmRecording], detector: SpeechDetector
) -> list[Signal]:
    """Return the signals of a recording that together have all of its speech.

    Args:
        mix: of all channels.
        channels: each channel.

    Returns:
        The mix alone where all channels carry the same voices; otherwise each channel with the
        speech that only it has, and the mix with the rest. At least one signal.
    """
    if len(channels) == 1 or _are_identical(channels):
        return [Signal(mix, detector.find_speech(mix))]
    spans = [detector.find_speech(channel) for channel in channels]
    common = _common_spans(channels, spans)
    own = [sorted(set(each) - shared) for each, shared in zip(spans, common, strict=True)]
    if not any(own):
        return [Signal(mix, detector.find_speech(mix))]
    shared = joined_spans(span for each in common for span in each)
    signals = [Signal(mix, shared), *map(Signal, channels, own)]
    return [signal for signal in signals if signal.spans]


def _are_identical(channels: Sequence[PcmRecording]) -> bool:
    """Return whether all channels are the same in every second, but for level and polarity."""
    first, *others = channels
    for other in others:
        for one, two in zip(first.blocks(SAMPLE_RATE), other.blocks(SAMPLE_RATE), strict=True):
            powers = float(np.dot(one, one)), float(np.dot(two, two))
            common = float(np.dot(one, two)) ** 2
            is_one_silent = (powers[0] == 0) != (powers[1] == 0)
            if is_one_silent or common < _IDENTICAL_ABOVE * powers[0] * powers[1]:
                return False
    return True


def _common_spans(
    channels: Sequence[PcmRecording], spans: Sequence[Sequence[SpeechSpan]]
) -> list[set[SpeechSpan]]:
    """Return the spans of each channel whose voice another channel carries too."""
    common: list[set[SpeechSpan]] = [set() for _ in channels]
    for one, two in combinations(range(len(channels)), 2):
        similarity = _Similarity(channels[one], channels[two])
        for first, second in _overlapping(spans[one], spans[two]):
            overlap = SpeechSpan(max(first.start, second.start), min(first.end, second.end))
            if similarity.over(overlap) > SAME_ABOVE:
                common[one].add(first)
                common[two].add(second)
        if _are_mostly_common(common, spans, (one, two)):
            # the detector misses some of a voice on its quieter or noisier channel
            for channel in (one, two):
                alone = set(spans[channel]) - common[channel]
                common[channel].update(span for span in alone if similarity.over(span) > SAME_ABOVE)
    return common


def _are_mostly_common(
    common: Sequence[set[SpeechSpan]],
    spans: Sequence[Sequence[SpeechSpan]],
    channels: tuple[int, int],
) -> bool:
    """Return whether the channels have most of their speech in common, unlike those of a call."""
    return all(2 * _n_samples(common[each]) > _n_samples(spans[each]) for each in channels)


def _n_samples(spans: Iterable[SpeechSpan]) -> int:
    return sum(span.end - span.start for span in spans)


def _overlapping(
    ones: Sequence[SpeechSpan], twos: Sequence[SpeechSpan]
) -> Iterator[tuple[SpeechSpan, SpeechSpan]]:
    """Yield the pairs of spans that share some time; both lists are in order."""
    first_two = 0
    for one in ones:
        while first_two < len(twos) and twos[first_two].end <= one.start:
            first_two += 1
        for two in twos[first_two:]:
            if two.start >= one.end:
                break
            yield one, two


@dataclass
class _Similarity:
    """How alike two channels are over time; windows are computed when they are needed."""

    one: PcmRecording
    two: PcmRecording
    _known: dict[int, float] = field(default_factory=dict[int, float])

    def over(self, span: SpeechSpan) -> float:
        """Return the mean similarity of the windows around the middle of each step of a span."""
        step = int(_STEP_S * SAMPLE_RATE)
        steps = range(span.start // step, -(-span.end // step))
        return float(np.mean([self._at(index) for index in steps]))

    def _at(self, index: int) -> float:
        if index not in self._known:
            middle = int((index + 0.5) * _STEP_S * SAMPLE_RATE)
            radius = int(WINDOW_S / 2 * SAMPLE_RATE)
            start, end = max(middle - radius, 0), min(middle + radius, self.one.n_samples)
            self._known[index] = similarity(self.one.read(start, end), self.two.read(start, end))
        return self._known[index]


def similarity(one: Samples, two: Samples) -> float:
    """Return how alike two signals are, by their waveforms or by their bands' rise and fall.

    Returns: 0 or less: not alike; 0 for signals of less than a frame and for silence.
    """
    if one.size < _FRAME_SAMPLES:
        return 0.0
    first, second = _fluctuation(one), _fluctuation(two)
    of_levels = _ratio(float((first * second).sum()), first, second)
    return max(of_levels, _WAVEFORM_WEIGHT * _waveform_correlation(one, two))


def _waveform_correlation(one: Samples, two: Samples) -> float:
    """Return the largest absolute correlation at any lag up to `_MAX_LAG_S`."""
    max_lag = int(_MAX_LAG_S * SAMPLE_RATE)
    n_fft = 1 << (one.size + max_lag).bit_length()  # a power of two is fast to transform
    spectrum = np.fft.rfft(one, n_fft) * np.conj(np.fft.rfft(two, n_fft))
    correlation = np.fft.irfft(spectrum, n_fft)
    near = np.concatenate([correlation[-max_lag:], correlation[: max_lag + 1]])
    return _ratio(float(np.abs(near).max()), one, two)


def _ratio(product: float, one: npt.NDArray[np.floating], two: npt.NDArray[np.floating]) -> float:
    power = float(np.square(one).sum()) * float(np.square(two).sum())
    return product / np.sqrt(power) if power else 0.0


def _fluctuation(samples: Samples) -> npt.NDArray[np.float64]:
    """Return the log power of each frame and band, without its mean in the band."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, _FRAME_SAMPLES)[::_HOP_SAMPLES]
    powers = np.square(np.abs(np.fft.rfft(frames * np.hanning(_FRAME_SAMPLES), axis=1)))
    bins = np.fft.rfftfreq(_FRAME_SAMPLES, 1 / SAMPLE_RATE).searchsorted(_BAND_EDGES_HZ)
    bands = np.add.reduceat(powers, bins, axis=1)[:, :-1] / _FRAME_SAMPLES
    levels = np.log(bands + _NOISE_POWER)
    return levels - levels.mean(axis=0)
