"""If these fail, common files are refused, decoded wrongly, or decoded without end."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from audio_files import (
    noise,
    tone,
    write_encoded,
    write_silent_video,
    write_tracks,
    write_wav,
)
from backend.errors import (
    EmptyAudioError,
    NoAudioStreamError,
    NoSuchTrackError,
    TooLongError,
    UnreadableAudioError,
    UnsupportedMediaError,
)
from backend.pipeline.decode import DecodeReport, decode_blocks, probe
from backend.pipeline.prepare import DecodedMedia, decode_to_pcm


def decode(path: Path, max_duration_s: float = 3600) -> DecodedMedia:
    return decode_to_pcm(path, probe(path), path.with_suffix(".pcm"), max_duration_s, lambda: None)


@pytest.mark.parametrize(
    ("name", "codec", "sample_rate", "layout"),
    [
        ("a.wav", "pcm_u8", 8_000, "mono"),
        ("a.wav", "pcm_s24le", 96_000, "stereo"),
        ("a.wav", "pcm_f32le", 44_100, "mono"),
        ("a.mka", "pcm_s16le", 48_000, "5.1"),
        ("a.flac", "flac", 192_000, "mono"),
        ("a.mp3", "libmp3lame", 44_100, "stereo"),
        ("a.ogg", "libopus", 48_000, "mono"),
        ("a.m4a", "aac", 22_050, "mono"),
    ],
)
def test_duration_and_level_survive_any_codec_sample_rate_and_layout(
    tmp_path: Path, name: str, codec: str, sample_rate: int, layout: str
) -> None:
    path = write_encoded(
        tmp_path / name, tone(2, sample_rate), codec, sample_rate=sample_rate, layout=layout
    )
    result = decode(path)
    assert result.recording.duration_s == pytest.approx(2, abs=0.1)
    middle = result.recording.read(8_000, 24_000)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.05)
    assert not result.truncated


def test_the_content_determines_the_format_not_the_name(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "speech.txt", [tone(1)])
    assert probe(path).container == "wav"


def test_the_audio_of_a_video_is_decoded_and_keeps_its_offset(tmp_path: Path) -> None:
    late = write_encoded(tmp_path / "v.mkv", tone(1), "flac", with_picture=True, start_s=0.8)
    recording = decode(late).recording
    assert recording.duration_s == pytest.approx(1.8, abs=0.05)
    assert np.abs(recording.read(0, 12_000)).max() == 0
    assert np.abs(recording.read(13_600, 28_000)).max() > 0.4


def test_a_video_without_audio_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoAudioStreamError):
        probe(write_silent_video(tmp_path / "v.mp4"))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(EmptyAudioError):
        probe(tmp_path / "a.wav")


def test_a_wav_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmptyAudioError):
        probe(write_wav(tmp_path / "a.wav", [np.zeros(0, np.float32)]))


@pytest.mark.parametrize(
    "content",
    [
        b"This is no sound at all, only words.\n" * 50,
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"<html><body>no</body></html>",
        bytes(4096),
    ],
)
def test_content_that_is_not_audio_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises((UnsupportedMediaError, UnreadableAudioError)):
        probe(path)


@pytest.mark.parametrize(("name", "codec"), [("a.wav", "pcm_s16le"), ("a.flac", "flac")])
def test_a_truncated_file_gives_its_beginning_and_is_reported(
    tmp_path: Path, name: str, codec: str
) -> None:
    path = write_encoded(tmp_path / name, noise(10), codec)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    result = decode(path)
    assert result.recording.duration_s == pytest.approx(5, abs=0.5)
    assert result.truncated


def test_nan_and_infinite_samples_become_silence_and_are_reported(tmp_path: Path) -> None:
    samples = tone(1).copy()
    samples[100:200], samples[300] = np.nan, np.inf
    path = tmp_path / "a.wav"
    data = samples.tobytes()
    header = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 3, 1, 16_000, 64_000, 4, 32)
    body = header + b"data" + struct.pack("<I", len(data)) + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    result = decode(path)
    assert result.non_finite
    assert np.abs(result.recording.read(0, 16_000)).max() <= 0.51


def test_decoding_stops_at_the_limit_without_a_declared_duration(tmp_path: Path) -> None:
    path = write_encoded(tmp_path / "a.mka", noise(30), "flac")
    with pytest.raises(TooLongError):
        decode(path, max_duration_s=10)


def test_a_stream_that_changes_from_mono_to_stereo_is_decoded_whole(tmp_path: Path) -> None:
    mono = write_encoded(tmp_path / "a.mp3", tone(2, 44_100), "libmp3lame", sample_rate=44_100)
    stereo = write_encoded(
        tmp_path / "b.mp3", tone(2, 44_100), "libmp3lame", sample_rate=44_100, layout="stereo"
    )
    joined = tmp_path / "c.mp3"
    joined.write_bytes(mono.read_bytes() + stereo.read_bytes())
    info, report = probe(joined), DecodeReport()
    widths = {block.shape[1] for block in decode_blocks(joined, info, report)}
    assert widths == {info.channels}
    assert report.n_samples / info.sample_rate == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize(("name", "codec"), [("a.webm", "libopus"), ("a.m4a", "aac")])
def test_audio_that_starts_late_keeps_the_time_of_the_player(
    tmp_path: Path, name: str, codec: str
) -> None:
    """Otherwise every segment lies seconds before the word that the page plays."""
    path = write_encoded(tmp_path / name, tone(1, 48_000), codec, sample_rate=48_000, start_s=3.0)
    decoded = decode(path)
    assert decoded.recording.duration_s == pytest.approx(4, abs=0.1)
    assert np.abs(decoded.recording.read(0, 44_000)).max() < 0.01
    assert not decoded.truncated


def test_a_pause_of_more_than_ten_minutes_is_silence(tmp_path: Path) -> None:
    """A muted browser recording has no packets while it is muted."""
    path = tmp_path / "a.mka"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8_000, layout="mono")
        for start_s in (0, 700):
            samples = (tone(1, 8_000) * 32_767).astype(np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8_000, start_s * 8_000
            frame.time_base = Fraction(1, 8_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    recording = decode(path).recording
    assert recording.duration_s == pytest.approx(701, abs=0.1)
    assert np.abs(recording.read(16_000 * 2, 16_000 * 699)).max() == 0
    assert np.abs(recording.read(16_000 * 700, 16_000 * 701)).max() > 0.3


def test_the_default_track_is_decoded_not_the_first(tmp_path: Path) -> None:
    path = write_tracks(
        tmp_path / "a.mkv", [np.zeros(8_000, np.float32), tone(1, 8_000)], default_track=2
    )
    info = probe(path)
    assert info.track == 2
    assert [(each.number, each.is_default) for each in info.tracks] == [(1, False), (2, True)]
    assert np.abs(decode(path).recording.read(0, 16_000)).max() > 0.3


def test_the_number_of_a_track_selects_it(tmp_path: Path) -> None:
    path = write_tracks(
        tmp_path / "a.mkv",
        [tone(1, 8_000), np.zeros(8_000, np.float32)],
        titles=["Микрофон", "Игра"],
        languages=["rus", "und"],
    )
    info = probe(path, audio_track=2)
    assert [(each.title, each.language) for each in info.tracks] == [
        ("Микрофон", "rus"),
        ("Игра", None),
    ]
    result = decode_to_pcm(path, info, tmp_path / "pcm", 60, lambda: None)
    assert result.recording.peak == 0


def test_what_a_file_says_of_its_tracks_is_bounded(tmp_path: Path) -> None:
    """Else each page of the history would carry it."""
    path = write_tracks(tmp_path / "a.mkv", [tone(1, 8_000)], titles=["а" * 100_000])
    (track,) = probe(path).tracks
    assert track.title == "а" * 200


def test_a_number_without_a_track_is_refused(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "a.mkv", [tone(1, 8_000), tone(1, 8_000)])
    with pytest.raises(NoSuchTrackError, match="no audio track 3; it has 2"):
        probe(path, audio_track=3)


def test_a_default_track_without_samples_gives_way_to_another(tmp_path: Path) -> None:
    path = write_tracks(tmp_path / "a.mkv", [np.zeros(0, np.float32), tone(1, 8_000)])
    assert probe(path).track == 2
    with pytest.raises(EmptyAudioError):
        probe(path, audio_track=1)
