"""If these fail, speech is missed, or silence is sent to the model."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audio_files import noise
from backend.pipeline import silero
from backend.pipeline.decode import probe
from backend.pipeline.pcm import PcmRecording, PcmWriter
from backend.pipeline.prepare import decode_to_pcm
from backend.pipeline.spans import SpeechSpan
from backend.pipeline.vad import STEP_SAMPLES, SpeechDetector, spans_from_probabilities
from speech_corpus import russian_sentences

EXPECTED_STEPS = {
    "ru_0303": [(14, 76), (88, 122), (134, 175), (185, 234), (244, 309)],
    "ru_0367": [(16, 34), (41, 109), (120, 155), (167, 209), (217, 243), (255, 424)],
    "ru_0381": [(13, 52), (66, 114), (128, 188), (195, 233)],
    "ru_0387": [(13, 167), (179, 276)],
}
EXPECTED_PROBABILITIES = [0.005159, 0.007545, 0.076178, 0.025134, 0.002058]


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


def test_spans_are_those_of_the_published_graph(tmp_path: Path, detector: SpeechDetector) -> None:
    """The expected steps are ONNX Runtime's, as for 142 signals of 73 minutes (959 spans)."""
    found = {}
    for sentence in russian_sentences(400):
        if (name := sentence.path.stem) in EXPECTED_STEPS:
            path = tmp_path / "s.pcm"
            media = decode_to_pcm(sentence.path, probe(sentence.path), path, 600, lambda: None)
            spans = detector.find_speech(media.recording)
            found[name] = [(s.start // STEP_SAMPLES, -(-s.end // STEP_SAMPLES)) for s in spans]
    assert found == EXPECTED_STEPS


def test_probabilities_are_those_of_the_published_graph(detector: SpeechDetector) -> None:
    """Else its thresholds mean something else. The expected values are ONNX Runtime's."""
    sweep = 0.3 * np.sin(2e-6 * np.arange(40 * STEP_SAMPLES) ** 2)
    found = detector.speech_probabilities([sweep.astype(np.float32)])
    assert found[::8] == pytest.approx(EXPECTED_PROBABILITIES, abs=1e-5)


def test_hours_of_silence_take_little_time(tmp_path: Path, detector: SpeechDetector) -> None:
    """Else a forgotten recorder keeps a core busy for minutes: 2.4 s an hour, step by step."""
    click = np.zeros(3600 * 16_000, np.float32)
    click[1_000] = 0.01
    recording = stored(tmp_path / "a.pcm", click)
    detector.find_speech(replace(recording, n_samples=16_000))
    started = time.process_time()
    assert detector.find_speech(recording) == []
    assert time.process_time() - started < 1.5


def test_silence_that_is_cut_short_does_not_change_what_follows(
    tmp_path: Path, detector: SpeechDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = spoken_samples(tmp_path)
    silence = np.zeros(6 * 1024 * STEP_SAMPLES, np.float32)
    blocks = np.concatenate([samples, silence, samples])
    split = [blocks[start : start + 1024 * 512] for start in range(0, blocks.size, 1024 * 512)]
    cut_short = detector.speech_probabilities(split)
    monkeypatch.setattr(silero, "_AT_REST", 0)
    assert cut_short == pytest.approx(detector.speech_probabilities(split), abs=1e-3)


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
