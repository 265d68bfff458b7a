"""If these fail, telephone recordings without a header are refused, or noise is transcribed."""

from pathlib import Path

import av
import numpy as np
import pytest

from audio_files import Signal, noise, tone
from backend.errors import UnsupportedMediaError
from backend.pipeline.decode import probe
from backend.pipeline.prepare import decode_to_pcm
from contracts.audio import InputFormat

ENCODERS = {
    InputFormat.ULAW: ("mulaw", "pcm_mulaw", 8_000),
    InputFormat.ALAW: ("alaw", "pcm_alaw", 8_000),
    InputFormat.SLN: ("s16le", "pcm_s16le", 8_000),
    InputFormat.SLN16: ("s16le", "pcm_s16le", 16_000),
    InputFormat.G722: ("g722", "g722", 16_000),
}


def voice(sample_rate: int) -> Signal:
    """Two seconds that rise and fall like syllables."""
    time = np.arange(2 * sample_rate) / sample_rate
    syllables = np.abs(np.sin(2 * np.pi * 2 * time)).astype(np.float32)
    return syllables * (tone(2, sample_rate, 180, 0.3) + tone(2, sample_rate, 900, 0.1))


def write_raw(path: Path, input_format: InputFormat) -> Path:
    muxer, codec, sample_rate = ENCODERS[input_format]
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=sample_rate, layout="mono")
        samples = (voice(sample_rate) * 32_767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = sample_rate
        resampler = av.AudioResampler("s16", "mono", sample_rate, frame_size=320)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("input_format", ENCODERS)
def test_a_file_without_a_header_is_read_in_the_named_format(
    tmp_path: Path, input_format: InputFormat
) -> None:
    path = write_raw(tmp_path / "nameless", input_format)
    info = probe(path, input_format=input_format)
    recording = decode_to_pcm(path, info, tmp_path / "pcm", 60, lambda: None).recording
    assert recording.duration_s == pytest.approx(2, abs=0.05)
    assert recording.peak == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize("input_format", ENCODERS)
def test_the_ending_of_the_name_tells_the_format(tmp_path: Path, input_format: InputFormat) -> None:
    path = write_raw(tmp_path / "nameless", input_format)
    assert probe(path, name=f"звонок.{input_format.upper()}").input_format is input_format


@pytest.mark.parametrize("ending", ["ulaw", "alaw", "sln", "g722"])
@pytest.mark.parametrize("content", ["noise", "text", "other"])
def test_an_ending_is_not_believed_where_the_content_does_not_fit(
    tmp_path: Path, ending: str, content: str
) -> None:
    path = tmp_path / "nameless"
    if content == "other":
        write_raw(path, InputFormat.SLN if ending != "sln" else InputFormat.G722)
    elif content == "noise":
        path.write_bytes(np.random.default_rng(1).bytes(40_000))
    else:
        path.write_text("Нажмите один. " * 500)
    with pytest.raises(UnsupportedMediaError):
        probe(path, name=f"a.{ending}")


def test_a_wav_is_a_wav_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8_000, layout="mono")
        samples = (noise(1, 8_000) * 32_767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 8_000
        container.mux(stream.encode(frame))
    assert probe(path, name="a.sln").container == "wav"


def test_the_refusal_names_the_option(tmp_path: Path) -> None:
    path = write_raw(tmp_path / "nameless", InputFormat.ULAW)
    with pytest.raises(UnsupportedMediaError, match=r"input_format: ulaw, alaw, sln"):
        probe(path)
