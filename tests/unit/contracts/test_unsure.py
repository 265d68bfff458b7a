"""What a reader is told to listen to again; a sign that is missed, or cries wolf, is worse."""

import pytest

from contracts.transcription import Segment, Word
from contracts.unsure import UnsureSign


def _segment(**changes: object) -> Segment:
    words = [Word(word=" раз", start=0, end=0.5, probability=0.9)]
    segment = Segment(
        index=0,
        start=0,
        end=1,
        text="раз",
        avg_logprob=-0.2,
        no_speech_prob=0.01,
        compression_ratio=1.2,
        words=words,
    )
    return segment.model_copy(update=changes)


def test_a_segment_that_the_model_was_sure_of_has_no_sign():
    assert _segment().unsure == []
    assert _segment(words=None).unsure == []


@pytest.mark.parametrize(
    ("changes", "sign"),
    [
        ({"avg_logprob": -0.8}, UnsureSign.GUESSED),
        ({"no_speech_prob": 0.7}, UnsureSign.NO_SPEECH),
        ({"compression_ratio": 2.5}, UnsureSign.REPETITION),
        (
            {"words": [Word(word=" два", start=0.5, end=1, probability=0.1)]},
            UnsureSign.WORDS,
        ),
    ],
)
def test_each_sign_of_doubt_is_told(changes: dict[str, object], sign: UnsureSign):
    assert _segment(**changes).unsure == [sign]


def test_the_words_in_doubt_are_told_by_their_place():
    sure, unsure = (
        Word(word=" раз", start=0, end=0.5, probability=probability) for probability in (0.9, 0.1)
    )
    assert _segment(words=[sure, unsure, sure, unsure]).unsure_words == [1, 3]


def test_a_corrected_segment_is_in_doubt_no_more():
    assert _segment(avg_logprob=-0.8, original_text="рас").unsure == []


def test_the_signs_reach_whoever_reads_the_api():
    assert _segment(avg_logprob=-0.8).model_dump(mode="json")["unsure"] == ["guessed"]
