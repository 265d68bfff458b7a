"""Voices of windows become the turns of speakers."""

import numpy as np
import pytest

from backend.pipeline.speakers import clustering
from backend.pipeline.speakers.clustering import Voices, cluster
from backend.pipeline.speakers.turns import VoiceCollector
from contracts.speakers import Voice, VoiceWindow

SIZE = 192


def people(n: int, seed: int = 99) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, SIZE))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def like(person: np.ndarray, random: np.random.Generator, cosine: float = 0.85) -> list[float]:
    """Return a vector about as similar to a person as two clips of theirs are."""
    noise = random.normal(size=SIZE)
    noise -= person * (noise @ person)
    vector = cosine * person + np.sqrt(1 - cosine**2) * noise / np.linalg.norm(noise)
    return vector.tolist()


Talk = list[tuple[int, float, float]]


def collected(talk: Talk, duration_s: float, seed: int = 0) -> VoiceCollector:
    """Return what perfect networks find in a talk, with the voices of each window shuffled."""
    random = np.random.default_rng(seed)
    voices_of = people(1 + max((person for person, _, _ in talk), default=0))
    windows: list[VoiceWindow] = []
    for start in np.arange(0, max(duration_s - 5, 5), 5.0):
        voices: list[Voice] = []
        for person in random.permutation(len(voices_of)):
            turns = [
                (max(begin, start), min(end, start + 10))
                for who, begin, end in talk
                if who == person and begin < start + 10 and end > start
            ]
            if turns:
                voices.append(Voice(turns=turns, embedding=like(voices_of[person], random)))
        windows.append(VoiceWindow(start=start, end=start + 10, voices=voices))
    collector = VoiceCollector()
    collector.add(0.0, windows)
    return collector


DIALOGUE: Talk = [(0, 1, 6), (1, 7, 13), (0, 14, 17), (1, 16, 24), (0, 25, 33)]


def test_turns_have_their_times_and_speakers_are_numbered_by_appearance() -> None:
    turns = collected(DIALOGUE, 35).turns()
    assert [turn.speaker for turn in turns] == [person for person, _, _ in DIALOGUE]
    for turn, (_, start, end) in zip(turns, DIALOGUE, strict=True):
        assert turn.start == pytest.approx(start, abs=0.02)
        assert turn.end == pytest.approx(end, abs=0.02)


def test_the_number_of_speakers_is_found() -> None:
    talk = [(n % 5, 6.0 * n, 6.0 * n + 5) for n in range(30)]
    assert {turn.speaker for turn in collected(talk, 180).turns()} == set(range(5))


def test_a_number_that_is_too_high_invents_nobody() -> None:
    assert {turn.speaker for turn in collected(DIALOGUE, 35).turns(10)} == {0, 1}


def test_a_number_that_is_too_low_is_kept_to() -> None:
    talk = [(n % 4, 6.0 * n, 6.0 * n + 5) for n in range(20)]
    assert len({turn.speaker for turn in collected(talk, 120).turns(2)}) == 2


def test_a_cough_is_no_speaker() -> None:
    talk = [*DIALOGUE, (2, 6.2, 6.8)]
    assert {turn.speaker for turn in collected(talk, 35).turns()} == {0, 1}


def test_a_recording_without_voices_has_no_turns() -> None:
    assert VoiceCollector().turns() == []
    assert collected([], 20).turns(3) == []


def test_one_person_is_one_speaker() -> None:
    talk = [(0, 6.0 * n, 6.0 * n + 5) for n in range(20)]
    assert {turn.speaker for turn in collected(talk, 120).turns()} == {0}


def test_ten_hours_are_clustered_in_small_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def watched(vectors: np.ndarray) -> np.ndarray:
        sizes.append(len(vectors))
        return distances(vectors)

    distances = clustering._distances
    monkeypatch.setattr(clustering, "_distances", watched)
    random, voices_of = np.random.default_rng(1), people(6)
    n = 14_400
    who = random.integers(0, 6, n)
    vectors = np.array([like(voices_of[person], random) for person in who], np.float32)
    labels = cluster(Voices(vectors, np.full(n, 4, np.float32), np.arange(n)))
    assert max(sizes) <= clustering.MAX_VOICES
    assert len(set(zip(who.tolist(), labels.tolist(), strict=True))) == 6
