"""If these fail, turns have wrong times or speakers, or somebody is found who is not there."""

import numpy as np
import pytest

from backend.pipeline.spans import SpeechSpan
from backend.pipeline.speakers import clustering
from backend.pipeline.speakers.clustering import Voices, cluster
from backend.pipeline.speakers.stretches import Stretch, stretches
from backend.pipeline.speakers.turns import VoiceCollector
from contracts.audio import SAMPLE_RATE
from contracts.speakers import VoiceSpan

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


def turn(start: float, end: float, embedding: list[float] | None, voice: int = 0) -> VoiceSpan:
    return VoiceSpan(start=start, end=end, voice=voice, embedding=embedding)


def collected(talk: Talk, duration_s: float, seed: int = 0) -> VoiceCollector:
    """Return what perfect networks find in a talk, with the voices of each stretch shuffled."""
    random = np.random.default_rng(seed)
    voices_of = people(1 + max((person for person, _, _ in talk), default=0))
    collector = VoiceCollector()
    n_samples = int(duration_s * SAMPLE_RATE)
    for stretch in stretches([SpeechSpan(0, n_samples)], n_samples):
        numbers = random.permutation(len(voices_of))
        turns: list[VoiceSpan] = []
        for person, begin, end in talk:
            first = max(begin - stretch.start_s, 0)
            last = min(end - stretch.start_s, stretch.length_s)
            if first < last:
                vector = like(voices_of[person], random)
                turns.append(turn(first, last, vector, int(numbers[person])))
        collector.add(stretch, turns)
    return collector


def alone(length_s: float) -> Stretch:
    """Return the only stretch of a recording."""
    return Stretch(0, int(length_s * SAMPLE_RATE), 0.0, length_s)


DIALOGUE: Talk = [(0, 1, 6), (1, 7, 13), (0, 14, 17), (1, 16, 24), (0, 25, 33)]


def test_turns_have_their_times_and_speakers_are_numbered_by_appearance() -> None:
    turns = collected(DIALOGUE, 35).turns()
    assert [turn.speaker for turn in turns] == [person for person, _, _ in DIALOGUE]
    for turn, (_, start, end) in zip(turns, DIALOGUE, strict=True):
        assert turn.start == pytest.approx(start, abs=0.02)
        assert turn.end == pytest.approx(end, abs=0.02)


def test_a_pause_in_which_nobody_speaks_does_not_end_a_turn() -> None:
    talk = [(0, 0.5, 4), (0, 4.9, 8), (1, 9.5, 12), (0, 12.3, 13), (1, 13.1, 17), (1, 18.2, 24)]
    turns = collected(talk, 25).turns()
    spoken = [(turn.speaker, round(turn.start), round(turn.end)) for turn in turns]
    assert spoken == [(0, 0, 8), (1, 10, 12), (0, 12, 13), (1, 13, 17), (1, 18, 24)]


@pytest.mark.parametrize("n_speakers", [5, 20])
def test_the_number_of_speakers_is_found(n_speakers: int) -> None:
    n_turns = 6 * n_speakers
    talk = [(n % n_speakers, 6.0 * n, 6.0 * n + 5) for n in range(n_turns)]
    turns = collected(talk, 6.0 * n_turns).turns()
    assert {turn.speaker for turn in turns} == set(range(n_speakers))


def test_a_number_that_is_too_high_invents_nobody() -> None:
    assert {turn.speaker for turn in collected(DIALOGUE, 35).turns(10)} == {0, 1}


def test_a_number_that_is_too_low_is_kept_to() -> None:
    talk = [(n % 4, 6.0 * n, 6.0 * n + 5) for n in range(20)]
    assert len({turn.speaker for turn in collected(talk, 120).turns(2)}) == 2


def test_two_people_whom_the_network_takes_for_one_voice_are_two_speakers() -> None:
    """It does so with men, or women, of one age."""
    random, (first, second) = np.random.default_rng(3), people(2)
    people_in_turn = enumerate((first, second, first, second))
    turns = [turn(2.5 * n, 2.5 * n + 2, like(person, random)) for n, person in people_in_turn]
    collector = VoiceCollector()
    collector.add(alone(10), turns)
    assert [turn.speaker for turn in collector.turns()] == [0, 1, 0, 1]


def test_a_turn_too_short_for_an_embedding_belongs_to_the_turn_next_to_it() -> None:
    random, (first, second) = np.random.default_rng(5), people(2)
    turns = [
        turn(0, 3, like(first, random)), turn(3.5, 3.65, None), turn(6, 9, like(second, random)),
        turn(4, 4.1, None, voice=1),
    ]  # fmt: skip
    collector = VoiceCollector()
    collector.add(alone(10), turns)
    spoken = [(turn.speaker, turn.start, turn.end) for turn in collector.turns()]
    assert spoken == [(0, 0, 3.65), (1, 6, 9)]


def test_those_who_speak_at_once_are_two_though_they_sound_alike() -> None:
    random, (first, second) = np.random.default_rng(4), people(2)
    talk = collected([(0, 0.5, 4), (1, 5, 9)], 10)
    between = like((first + second) / np.sqrt(2), random, cosine=0.99)
    talk.add(alone(20), [turn(12, 14, between, voice) for voice in range(2)])
    at_once = [turn for turn in talk.turns() if turn.start > 11]
    assert {turn.speaker for turn in at_once} == {0, 1}


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
    n = 36_000  # a turn in each second
    who = random.integers(0, 6, n)
    vectors = np.array([like(voices_of[person], random) for person in who], np.float32)
    labels = cluster(Voices(vectors, np.full(n, 4, np.float32)))
    assert max(sizes) <= clustering.MAX_VOICES
    assert len(set(zip(who.tolist(), labels.tolist(), strict=True))) == 6
