"""If these fail, what is said on one channel alone is lost, or a text appears twice."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audio_files import Signal, noise, write_wav
from backend.pipeline import channels
from backend.pipeline.channels import similarity, speech_signals
from backend.pipeline.decode import probe
from backend.pipeline.prepare import decode_to_pcm
from backend.pipeline.vad import SpeechDetector
from contracts.audio import SAMPLE_RATE
from speech_corpus import russian_sentences

Signals = list[channels.Signal]
Find = Callable[..., Signals]


def spoken(path: Path, folder: Path) -> Signal:
    decoded = decode_to_pcm(path, probe(path), folder / "spoken", 60, lambda: None)
    return decoded.recording.read(0, decoded.recording.n_samples)


@pytest.fixture(scope="module")
def voices(tmp_path_factory: pytest.TempPathFactory) -> tuple[Signal, Signal]:
    """Two times some seconds of speech with other words, equally long, at a usual level."""
    folder = tmp_path_factory.mktemp("voices")
    sentences = [spoken(each.path, folder) for each in russian_sentences(4)]
    first, second = np.concatenate(sentences[:2]), np.concatenate(sentences[2:])
    length = min(first.size, second.size)
    return tuple(0.3 * each[:length] / np.abs(each).max() for each in (first, second))


@pytest.fixture
def find(tmp_path: Path) -> Find:
    detector = SpeechDetector()

    def find(*signals: Signal) -> Signals:
        path = write_wav(tmp_path / "a.wav", list(signals))
        decoded = decode_to_pcm(path, probe(path), tmp_path / "pcm", 600, lambda: None)
        return speech_signals(decoded.recording, decoded.channels, detector)

    return find


def weights(signals: Signals) -> list[list[float]]:
    return [list(signal.recording.weights) for signal in signals]


def hiss(like: Signal, seed: int, level: float = 0.001) -> Signal:
    return noise(like.size / SAMPLE_RATE, level=level, seed=seed)[: like.size]


LEFT, RIGHT, MIX = [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]


def test_a_quiet_sentence_alone_on_a_channel_is_a_signal(
    find: Find, voices: tuple[Signal, Signal]
) -> None:
    """Over the whole file its channel is 40 dB below the other one."""
    first, second = voices
    silence = np.zeros(second.size, np.float32)
    found = find(
        np.concatenate([first, silence, first, first]),
        np.concatenate([silence, second * 0.02, silence, silence]),
    )
    assert weights(found) == [LEFT, RIGHT]
    start, end = found[1].spans[0].start, found[1].spans[-1].end
    assert first.size < start < end <= first.size + second.size
    assert found[1].recording.peak == pytest.approx(0.006, rel=0.1)


def test_voices_that_speak_at_once_are_separate(find: Find, voices: tuple[Signal, Signal]) -> None:
    found = find(*(each + hiss(each, seed) for seed, each in enumerate(voices)))
    assert weights(found) == [LEFT, RIGHT]
    for signal in found:
        assert sum(span.end - span.start for span in signal.spans) > 0.5 * voices[0].size


def delayed(voice: Signal) -> Signal:
    return np.roll(voice, SAMPLE_RATE // 100)


def reverberant(voice: Signal) -> Signal:
    random = np.random.default_rng(3)
    n_taps = 4_000
    room = random.standard_normal(n_taps) * np.exp(-6.9 * np.arange(n_taps) / n_taps)
    room[0] = 3
    return np.convolve(voice, room / np.linalg.norm(room))[: voice.size].astype(np.float32)


def fading(voice: Signal) -> Signal:
    """Turn the last tenth so low that the detector misses it there."""
    gain = np.ones(voice.size, np.float32)
    gain[-voice.size // 10 :] = 0.001
    return voice * gain


@pytest.mark.parametrize(
    "other",
    [
        lambda voice: voice,
        lambda voice: voice * 0.2,
        delayed,
        reverberant,
        lambda voice: voice + hiss(voice, 5, 0.01),
        fading,
    ],
    ids=["equal", "quieter", "delayed", "reverberant", "hissing", "fading"],
)
def test_one_voice_on_both_channels_is_transcribed_once(
    find: Find, voices: tuple[Signal, Signal], other: Callable[[Signal], Signal]
) -> None:
    voice = voices[0]
    found = find(voice + hiss(voice, 1), other(voice) + hiss(voice, 2))
    assert weights(found) == [MIX]


def test_one_voice_in_other_noise_on_each_channel_is_transcribed_once(
    find: Find, voices: tuple[Signal, Signal]
) -> None:
    """Two microphones in a street, or a film with music around the voice."""
    voice = voices[0]
    level = 0.8 * float(voice.std())
    found = find(voice + hiss(voice, 1, level), voice + hiss(voice, 2, level))
    assert weights(found) == [MIX]


def test_a_voice_in_opposite_phase_does_not_cancel(
    find: Find, voices: tuple[Signal, Signal]
) -> None:
    voice = voices[0]
    (found,) = find(voice, -voice)
    assert np.abs(found.recording.weights) == pytest.approx([0.5, 0.5])
    assert found.recording.peak == pytest.approx(0.3, abs=0.01)
    assert found.spans


def test_an_echo_of_the_other_party_is_not_a_second_voice(
    find: Find, voices: tuple[Signal, Signal]
) -> None:
    """Otherwise every sentence of a call is written twice."""
    first, second = voices
    pause = np.zeros(first.size, np.float32)
    left, right = np.concatenate([first, pause]), np.concatenate([pause, second])
    found = find(
        left + 0.05 * right + hiss(left, 1, 0.0005), right + 0.05 * left + hiss(left, 2, 0.0005)
    )
    covered = sum(span.end - span.start for signal in found for span in signal.spans)
    assert covered < 1.1 * (first.size + second.size)


def test_a_noisy_channel_without_a_voice_is_left_out(
    find: Find, voices: tuple[Signal, Signal]
) -> None:
    voice = voices[0]
    assert weights(find(hiss(voice, 1, 0.02), voice)) == [RIGHT]


def test_a_recording_without_speech_has_one_signal(find: Find) -> None:
    (found,) = find(noise(3, seed=1), noise(3, seed=2))
    assert found.spans == []


def test_each_of_four_microphones_is_heard(find: Find, voices: tuple[Signal, Signal]) -> None:
    pause = np.zeros(voices[0].size, np.float32)
    first, second = voices
    found = find(
        np.concatenate([first, pause]), np.zeros(2 * pause.size, np.float32),
        np.concatenate([pause, second * 0.05]), np.zeros(2 * pause.size, np.float32),
    )  # fmt: skip
    assert weights(found) == [[1, 0, 0, 0], [0, 0, 1, 0]]


def test_signals_of_less_than_a_frame_are_not_alike() -> None:
    assert similarity(np.ones(10, np.float32), np.ones(10, np.float32)) == 0
