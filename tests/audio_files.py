"""Makes audio and video files to test with, in any container that PyAV can write."""

import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import OutputContainer
from av.video.stream import VideoStream

Signal = npt.NDArray[np.float32]


def tone(seconds: float, rate: int = 16_000, hertz: float = 440.0, level: float = 0.5) -> Signal:
    """Return a sine of shape (n_samples,)."""
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def noise(seconds: float, rate: int = 16_000, level: float = 0.1, seed: int = 0) -> Signal:
    """Return white noise of shape (n_samples,)."""
    random = np.random.default_rng(seed)
    return (level * random.standard_normal(round(seconds * rate))).astype(np.float32)


def write_wav(path: Path, channels: list[Signal], rate: int = 16_000) -> Path:
    """Write 16-bit PCM, one signal a channel."""
    samples = np.rint(np.stack(channels, axis=1) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def write_encoded(
    path: Path, signal: Signal, codec: str, *, rate: int = 16_000, layout: str = "mono",
    with_picture: bool = False, start_s: float = 0.0,
) -> Path:  # fmt: skip
    """Encode a signal (the same on every channel of the layout) into the path's container."""
    with av.open(str(path), "w") as container:
        picture = _add_picture(container) if with_picture else None
        stream = container.add_stream(codec, rate=rate, layout=layout)
        if picture:
            _show_black(container, picture, len(signal) / rate)
        n_channels = stream.layout.nb_channels
        resampler = av.AudioResampler(
            format=stream.codec_context.format, layout=layout, rate=rate, frame_size=1024
        )
        frame = av.AudioFrame.from_ndarray(
            np.repeat(signal[None, :], n_channels, axis=0), format="fltp", layout=layout
        )
        frame.sample_rate = rate
        clock = round(start_s * rate)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            part.pts, part.time_base = clock, Fraction(1, rate)
            clock += part.samples
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def write_silent_video(path: Path, seconds: float = 1.0) -> Path:
    """Write a video that has a picture and no sound."""
    with av.open(str(path), "w") as container:
        _show_black(container, _add_picture(container), seconds)
    return path


def _add_picture(container: OutputContainer) -> VideoStream:
    stream = container.add_stream("mpeg4", rate=10)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
    return stream


def _show_black(container: OutputContainer, stream: VideoStream, seconds: float) -> None:
    for index in range(max(1, round(seconds * 10))):
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        frame.pts = index
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
