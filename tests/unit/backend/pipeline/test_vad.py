"""If these fail, speech is missed, or silence is sent to the model."""

from pathlib import Path

import numpy as np
import pytest

from audio_files import noise
from backend.pipeline.decode import probe
from backend.pipeline.pcm import PcmRecording, PcmWriter
from backend.pipeline.prepare import decode_to_pcm
from backend.pipeline.vad import STEP_SAMPLES, SpeechDetector, SpeechSpan, spans_from_probabilities
from speech_corpus import russian_sentences


@pytest.fixture(scope="module")
def detector() -> SpeechDetector:
    return SpeechDetector()


def spoken_samples(tmp_path: Path) -> np.ndarray:
    source = russian_sentences(1)[0].path
    recording = decode_to_pcm(source, probe(source), tmp_path / "s.pcm", 600, lambda: None)
    return recording.recording.read(0, recording.recording.n_samples)


def stored(path: Path, samples: np.ndarray) -> PcmRecording:
    with PcmWriter(path) as writer:
        writer.write(samples)
        return writer.recording()


def test_block_size_does_not_change_a_probability(tmp_path: Path, detector: SpeechDetector) -> None:
    samples = spoken_samples(tmp_path)
    whole = detector.speech_probabilities([samples])
    step = 3 * STEP_SAMPLES
    parts = [samples[start : start + step] for start in range(0, samples.size, step)]
    assert detector.speech_probabilities(parts) == pytest.approx(whole, abs=1e-5)


def test_speech_between_silences_is_found_at_its_time(
    tmp_path: Path, detector: SpeechDetector
) -> None:
    silence = np.zeros(5 * 16_000, np.float32)
    samples = spoken_samples(tmp_path)
    recording = stored(tmp_path / "a.pcm", np.concatenate([silence, samples, silence]))
    spans = detector.find_speech(recording)
    assert spans
    assert 4.9 * 16_000 <= spans[0].start <= 6.5 * 16_000
    assert spans[-1].end <= silence.size + samples.size + 1_600


def test_very_quiet_speech_is_found(tmp_path: Path, detector: SpeechDetector) -> None:
    samples = spoken_samples(tmp_path)
    normal = detector.find_speech(stored(tmp_path / "a.pcm", samples))
    quiet = detector.find_speech(stored(tmp_path / "b.pcm", samples / 200))
    found = sum(span.end - span.start for span in quiet)
    assert found >= 0.9 * sum(span.end - span.start for span in normal)


@pytest.mark.parametrize("level", [0.0, 1e-4, 0.01])
def test_silence_and_noise_are_not_speech(
    tmp_path: Path, detector: SpeechDetector, level: float
) -> None:
    recording = stored(tmp_path / "a.pcm", noise(20, level=level))
    assert detector.find_speech(recording) == []


def test_spans_never_exceed_the_recording() -> None:
    probabilities = np.ones(10, np.float32)
    n_samples = 9 * STEP_SAMPLES + 100
    assert spans_from_probabilities(probabilities, n_samples) == [SpeechSpan(0, n_samples)]
