"""Files that went wrong once, decoded as a job decodes them.

They lie beside the repository, and not everywhere; the other tests have each kind of their own.
"""

from pathlib import Path

import pytest

from backend.pipeline.channels import speech_signals
from backend.pipeline.decode import probe
from backend.pipeline.prepare import decode_to_pcm
from backend.pipeline.vad import SpeechDetector
from contracts.audio import SAMPLE_RATE, InputFormat
from testbed.speech import SHARED

FOLDER = SHARED.parent / "faults"


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return SpeechDetector()


@pytest.mark.parametrize(
    ("name", "duration_s", "speech_starts_s"),
    [
        ("q58_32_stereo.flac", 58.0, [0.4, 26.0]),
        ("stereo_diarization.wav", 5.0, [0.3, 0.4]),
        ("dual_lang_default2.mkv", 5.5, [0.4]),
        ("muted_300.webm", 336.7, [0.4]),
        ("muted_700.webm", 736.7, [0.4]),
        ("start3.webm", 8.4, [3.4]),
        ("delay49.ts", 10.3, [5.3]),
        ("delay49.mp4", 10.3, [5.3]),
        ("silence_then_speech.aac", 25.5, [20.4]),
        ("he_44khz.mp3", 10.7, [0.0]),
        ("wav_crash_small.wav", 5.4, [0.4]),
        ("wav_7fff.wav", 5.4, [0.4]),
        ("id3_riff.wav", 5.4, [0.4]),
        ("call.gsm", 5.4, [0.4]),
        ("call.ulaw", 5.4, [0.4]),
        ("call.sln", 5.4, [0.4]),
        ("call.g722", 5.4, [0.4]),
    ],
)
def test_all_of_the_speech_is_found_in_its_place(
    detector: SpeechDetector, tmp_path: Path, name: str, duration_s: float,
    speech_starts_s: list[float],
) -> None:  # fmt: skip
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{path} does not exist")
    decoded = decode_to_pcm(path, probe(path, name=name), tmp_path / "pcm", 3600, lambda: None)
    signals = speech_signals(decoded.recording, decoded.channels, detector)
    starts = [signal.spans[0].start / SAMPLE_RATE for signal in signals if signal.spans]
    assert starts == pytest.approx(speech_starts_s, abs=0.15)
    assert decoded.recording.duration_s == pytest.approx(duration_s, abs=0.1)
    assert not decoded.truncated


@pytest.mark.parametrize("ending", ["ulaw", "sln", "g722"])
def test_the_format_of_a_call_can_be_named(tmp_path: Path, ending: str) -> None:
    path = FOLDER / f"call.{ending}"
    if not path.is_file():
        pytest.skip(f"{path} does not exist")
    nameless = tmp_path / "nameless"
    nameless.symlink_to(path)
    assert probe(nameless, input_format=InputFormat(ending)).duration_s == pytest.approx(5.44, 0.01)
