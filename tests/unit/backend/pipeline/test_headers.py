"""If these fail, a whole recording is called truncated, or part of one is lost unseen."""

from pathlib import Path

import av
import numpy as np
import pytest

from audio_files import noise, tone, write_encoded, write_wav
from backend.pipeline.decode import probe
from backend.pipeline.headers import has_mp3_length, is_cut_off
from backend.pipeline.prepare import DecodedMedia, decode_to_pcm

RIFF_LENGTH, DATA_LENGTH = 4, 40
ID3 = b"ID3\x04\x00\x00\x00\x00\x02\x00" + b"\x00" * 256


def decode(path: Path) -> DecodedMedia:
    return decode_to_pcm(path, probe(path), path.with_suffix(".pcm"), 3600, lambda: None)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """Three seconds, with a header of 44 bytes."""
    return write_wav(tmp_path / "a.wav", [tone(3)])


def set_lengths(wav: Path, riff: int, data: int) -> None:
    content = bytearray(wav.read_bytes())
    content[RIFF_LENGTH : RIFF_LENGTH + 4] = riff.to_bytes(4, "little")
    content[DATA_LENGTH : DATA_LENGTH + 4] = data.to_bytes(4, "little")
    wav.write_bytes(content)


@pytest.mark.parametrize("length", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_the_header_of_a_stream_is_neither_a_length_nor_a_cut(wav: Path, length: int) -> None:
    set_lengths(wav, max(length - 36, 0), length)
    assert probe(wav).duration_s is None
    decoded = decode(wav)
    assert not decoded.truncated
    assert decoded.recording.duration_s == pytest.approx(3, abs=0.01)


def test_audio_after_the_declared_end_is_decoded(wav: Path) -> None:
    """A recorder that crashed has written an early length and never corrected it."""
    set_lengths(wav, 36 + 16_000, 16_000)
    assert decode(wav).recording.duration_s == pytest.approx(3, abs=0.01)


def test_a_second_wav_in_the_same_file_is_decoded(wav: Path, tmp_path: Path) -> None:
    both = tmp_path / "both.wav"
    both.write_bytes(wav.read_bytes() * 2)
    assert decode(both).recording.duration_s == pytest.approx(6, abs=0.01)


def test_chunks_after_the_data_are_not_audio(wav: Path) -> None:
    title = b"LIST" + (4 + 8 + 32_000).to_bytes(4, "little") + b"INFO"
    title += b"INAM" + (32_000).to_bytes(4, "little") + b"a" * 32_000
    wav.write_bytes(wav.read_bytes() + title)
    assert decode(wav).recording.duration_s == pytest.approx(3, abs=0.01)


def test_a_file_that_ends_before_its_declared_end_is_truncated(wav: Path) -> None:
    wav.write_bytes(wav.read_bytes()[:-32_000])
    decoded = decode(wav)
    assert decoded.truncated
    assert decoded.recording.duration_s == pytest.approx(2, abs=0.01)


def test_an_id3_tag_before_the_header_is_skipped(wav: Path) -> None:
    wav.write_bytes(ID3 + wav.read_bytes())
    decoded = decode(wav)
    assert not decoded.truncated
    assert decoded.recording.duration_s == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize(("xing", "duration_s"), [("1", pytest.approx(3, abs=0.1)), ("0", None)])
def test_a_length_that_ffmpeg_guesses_from_the_bit_rate_is_no_length(
    tmp_path: Path, xing: str, duration_s: float | None
) -> None:
    """A guess of hours would refuse a recording of minutes as too long."""
    path = tmp_path / "a.mp3"
    with av.open(str(path), "w", options={"write_xing": xing}) as container:
        stream = container.add_stream("libmp3lame", rate=16_000, layout="mono")
        samples = (tone(3) * 32_767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16p", layout="mono")
        frame.sample_rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    assert has_mp3_length(path) == (xing == "1")
    assert probe(path).duration_s == duration_s
    assert not decode(path).truncated


@pytest.mark.parametrize(
    ("name", "codec", "with_picture"),
    [
        ("a.mkv", "flac", True),
        ("a.webm", "libopus", False),
        ("a.caf", "pcm_s16le", False),
        ("a.w64", "pcm_s16le", False),
    ],
)
def test_a_file_that_ends_before_its_container_does_is_truncated(
    tmp_path: Path, name: str, codec: str, *, with_picture: bool
) -> None:
    """FFmpeg reads what is there and says nothing."""
    path = write_encoded(
        tmp_path / name, noise(20, 48_000), codec, sample_rate=48_000, with_picture=with_picture
    )
    assert not decode(path).truncated
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 5])
    assert decode(path).truncated


def test_a_fragmented_mp4_that_ends_in_the_middle_of_a_fragment_is_truncated(
    tmp_path: Path,
) -> None:
    path = write_encoded(
        tmp_path / "a.mp4", noise(20), "aac", options={"movflags": "frag_keyframe+empty_moov"}
    )
    assert not is_cut_off(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 1_000])
    assert decode(path).truncated


def test_a_live_webm_without_lengths_is_whole(tmp_path: Path) -> None:
    """Browsers record like this."""
    path = write_encoded(
        tmp_path / "a.webm", noise(5, 48_000), "libopus", sample_rate=48_000,
        options={"live": "1"},
    )  # fmt: skip
    assert not decode(path).truncated


@pytest.mark.parametrize(("name", "codec"), [("a.aac", "aac"), ("a.ac3", "ac3")])
def test_a_stream_of_uneven_bit_rate_has_no_length(tmp_path: Path, name: str, codec: str) -> None:
    """FFmpeg takes the bit rate of the beginning, here silence, for that of the whole file."""
    rate = 48_000
    signal = np.concatenate([np.zeros(10 * rate, np.float32), noise(10, rate, level=0.3)])
    path = write_encoded(tmp_path / name, signal, codec, sample_rate=rate)
    assert probe(path).duration_s is None
    decoded = decode(path)
    assert decoded.recording.duration_s == pytest.approx(20, abs=0.1)
    assert not decoded.truncated
