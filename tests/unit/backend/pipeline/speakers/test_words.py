"""Words get their speakers, and the text stays the same."""

from random import Random

import pytest

from backend.pipeline.speakers.turns import SpeakerTurn
from backend.pipeline.speakers.words import SpeakerTurns, SpokenSegment
from contracts.transcription import ChunkSegment, Word


def segment(*words: tuple[str, float, float], text: str | None = None) -> ChunkSegment:
    return ChunkSegment(
        start=words[0][1],
        end=words[-1][2],
        text=text if text is not None else " ".join(word for word, _, _ in words),
        avg_logprob=-0.2,
        no_speech_prob=0.0,
        compression_ratio=1.0,
        words=[Word(word=f" {w}", start=s, end=e, probability=0.9) for w, s, e in words],
    )


def said(parts: list[SpokenSegment[ChunkSegment]]) -> list[tuple[str | None, str]]:
    return [(part.speaker, part.segment.text) for part in parts]


TWO = SpeakerTurns([SpeakerTurn(10, 12, 0), SpeakerTurn(12.5, 15, 1)])


def test_a_segment_breaks_where_the_speaker_changes() -> None:
    both = segment(("Да,", 0, 1), ("конечно.", 1, 2), ("А", 2.5, 3), ("почему?", 3, 5))
    parts = TWO.split([both], 10)
    assert said(parts) == [("S1", "Да, конечно."), ("S2", "А почему?")]
    assert (parts[0].segment.end, parts[1].segment.start) == (2, 2.5)
    assert [word.speaker for word in parts[1].segment.words or []] == ["S2", "S2"]


def test_a_change_moves_to_the_end_of_the_sentence_near_it() -> None:
    # the first word of the answer is timed too early
    late = segment(("Да,", 0, 1), ("конечно.", 1, 1.7), ("А", 1.7, 2), ("почему?", 2.5, 5))
    assert said(TWO.split([late], 10)) == [("S1", "Да, конечно."), ("S2", "А почему?")]


def test_a_word_in_no_turn_goes_to_the_nearest_one() -> None:
    turns = SpeakerTurns([SpeakerTurn(0, 1, 0), SpeakerTurn(10, 12, 1)])
    assert said(turns.split([segment(("раз", 2, 3))], 0)) == [("S1", "раз")]
    assert said(turns.split([segment(("два", 8, 9))], 0)) == [("S2", "два")]


def test_a_doubtful_word_between_those_of_another_is_no_island() -> None:
    turns = SpeakerTurns([SpeakerTurn(0, 5, 0), SpeakerTurn(1.9, 2.6, 1)])
    words = segment(("один", 0, 1), ("два", 1, 2), ("три", 2, 2.6), ("четыре", 2.6, 4))
    assert said(turns.split([words], 0)) == [("S1", "один два три четыре")]


def test_a_short_answer_is_kept() -> None:
    turns = SpeakerTurns([SpeakerTurn(0, 2, 0), SpeakerTurn(2.2, 2.6, 1), SpeakerTurn(2.8, 5, 0)])
    words = segment(("Понятно?", 0, 2), ("Да.", 2.2, 2.6), ("Тогда", 2.8, 3.5), ("идём.", 3.5, 5))
    assert [speaker for speaker, _ in said(turns.split([words], 0))] == ["S1", "S2", "S1"]


def test_speech_over_speech_is_told() -> None:
    turns = SpeakerTurns([SpeakerTurn(0, 4, 0), SpeakerTurn(1, 4, 1)])
    assert [part.overlap for part in turns.split([segment(("раз", 1, 3))], 0)] == [True]
    assert [part.overlap for part in TWO.split([segment(("раз", 0, 1))], 10)] == [False]


def test_without_turns_and_without_words_nothing_is_invented() -> None:
    whole = segment(("раз", 0, 1))
    assert said(SpeakerTurns([]).split([whole], 0)) == [(None, "раз")]
    bare = whole.model_copy(update={"words": None})
    assert said(TWO.split([bare], 10)) == [("S1", "раз")]


def test_a_segment_whose_words_are_not_its_text_stays_whole() -> None:
    odd = segment(("раз", 0, 1), ("два", 3, 4), text="совсем другое")
    assert [text for _, text in said(TWO.split([odd], 10))] == ["совсем другое"]


@pytest.mark.parametrize("seed", range(30))
def test_any_turns_leave_the_same_words_in_the_same_order(seed: int) -> None:
    random = Random(seed)
    turns = sorted(
        (start := random.uniform(0, 30), start + random.uniform(0.1, 8), random.randrange(4))
        for _ in range(random.randrange(12))
    )
    segments: list[ChunkSegment] = []
    time = 0.0
    for _ in range(random.randrange(1, 5)):
        words: list[tuple[str, float, float]] = []
        for _ in range(random.randrange(1, 9)):
            end = time + random.uniform(0, 1)
            words.append((random.choice(["да", "нет.", "кот,", "—"]), time, end))
            time = end + random.choice([0, 0, 0.3])
        segments.append(segment(*words))
    parts = SpeakerTurns([SpeakerTurn(*turn) for turn in turns]).split(segments, 0)
    before = " ".join(each.text for each in segments)
    assert " ".join(part.segment.text for part in parts) == before
    words_after = [word.word for part in parts for word in part.segment.words or []]
    assert words_after == [word.word for each in segments for word in each.words or []]
    assert all(part.segment.end >= part.segment.start for part in parts)
