"""Signals, and audio and video files of them in any container that PyAV can write."""

import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

Signal = npt.NDArray[np.float32]


def tone(
    duration_s: float, sample_rate: int = 16_000, hertz: float = 440.0, level: float = 0.5
) -> Signal:
    """Return a sine of shape (n_samples,)."""
    time = np.arange(round(duration_s * sample_rate)) / sample_rate
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def noise(
    duration_s: float, sample_rate: int = 16_000, level: float = 0.1, seed: int = 0
) -> Signal:
    """Return white noise of shape (n_samples,)."""
    random = np.random.default_rng(seed)
    return (level * random.standard_normal(round(duration_s * sample_rate))).astype(np.float32)


def write_wav(path: Path, channels: list[Signal], sample_rate: int = 16_000) -> Path:
    """Write a 16-bit WAV file with one signal per channel."""
    samples = np.rint(np.stack(channels, axis=1) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(samples.tobytes())
    return path


def write_encoded(
    path: Path, signal: Signal, codec: str, *, sample_rate: int = 16_000, layout: str = "mono",
    with_picture: bool = False, start_s: float = 0.0, options: dict[str, str] | None = None,
) -> Path:  # fmt: skip
    """Encode a signal, the same on each channel, into the container of the path's extension.

    Args:
        options: FFmpeg's, of the container.
    """
    with av.open(str(path), "w", options=options or {}) as container:
        picture = _add_picture(container) if with_picture else None
        stream = container.add_stream(codec, rate=sample_rate, layout=layout)
        if picture:
            _show_black(container, picture, len(signal) / sample_rate)
        n_channels = stream.layout.nb_channels
        resampler = av.AudioResampler(
            format=stream.codec_context.format, layout=layout, rate=sample_rate, frame_size=1024
        )
        frame = av.AudioFrame.from_ndarray(
            np.repeat(signal[None, :], n_channels, axis=0), format="fltp", layout=layout
        )
        frame.sample_rate = sample_rate
        clock = round(start_s * sample_rate)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            part.pts, part.time_base = clock, Fraction(1, sample_rate)
            clock += part.samples
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def write_tracks(
    path: Path, signals: Sequence[Signal], *, sample_rate: int = 8_000, default_track: int = 1,
    titles: Sequence[str] = (), languages: Sequence[str] = (),
) -> Path:  # fmt: skip
    """Write a file with one audio track per signal, as screen recorders do; s16le."""
    with av.open(str(path), "w") as container:
        tracks = [
            container.add_stream("pcm_s16le", rate=sample_rate, layout="mono") for _ in signals
        ]
        for number, track in enumerate(tracks, 1):
            is_default = number == default_track
            track.disposition = Disposition.default if is_default else Disposition(0)
            for name, values in (("title", titles), ("language", languages)):
                if values:
                    track.metadata[name] = values[number - 1]
        container.start_encoding()
        for track, signal in zip(tracks, signals, strict=True):
            if signal.size:
                samples = np.rint(signal * 32_767).astype(np.int16).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                frame.sample_rate, frame.pts = sample_rate, 0
                frame.time_base = Fraction(1, sample_rate)
                container.mux(track.encode(frame))
            container.mux(track.encode(None))
    return path


def write_silent_video(path: Path, duration_s: float = 1.0) -> Path:
    """Write a video without audio."""
    with av.open(str(path), "w") as container:
        _show_black(container, _add_picture(container), duration_s)
    return path


def _add_picture(container: OutputContainer) -> VideoStream:
    stream = container.add_stream("mpeg4", rate=10)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
    return stream


def _show_black(container: OutputContainer, stream: VideoStream, duration_s: float) -> None:
    for index in range(max(1, round(duration_s * 10))):
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        frame.pts = index
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
