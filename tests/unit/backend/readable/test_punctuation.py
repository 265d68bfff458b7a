"""Only bare words are punctuated, and punctuation never changes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.readable.punctuation import lacks_punctuation, with_punctuation
from contracts.transcription import ChunkSegment
from unit.backend.readable.words import words_of

BARE = st.text("абвёе-", min_size=1, max_size=8)


def segment(text: str, start: float = 0.0) -> ChunkSegment:
    words = words_of(text)
    for word in words:
        word.start, word.end = word.start + start, word.end + start
    return ChunkSegment(
        start=words[0].start,
        end=words[-1].end,
        text=text,
        avg_logprob=-0.2,
        no_speech_prob=0.1,
        compression_ratio=1.0,
        words=words,
    )


@pytest.mark.parametrize(
    ("text", "is_bare"),
    [
        ("его сына я знал", True),
        ("кое что 5", True),
        ("Его сына я знал", False),
        ("его сына, я знал", False),
        ("да.", False),
        ("42 5", False),
        ("你好 世界", False),
    ],
)
def test_only_words_without_marks_and_capitals_lack_punctuation(text: str, is_bare: bool) -> None:
    assert lacks_punctuation(words_of(text)) is is_bare


def test_segments_follow_the_sentences() -> None:
    found = with_punctuation(
        [segment("абонент не отвечает сейчас"), segment("система попробует снова", 5)],
        ["Абонент", "не", "отвечает.", "Сейчас", "система", "попробует", "снова."],
    )
    assert [one.text for one in found] == [
        "Абонент не отвечает.",
        "Сейчас система попробует снова.",
    ]
    assert [(one.start, one.end) for one in found] == [(0, 2.5), (3, 7.5)]
    first, second, third = (found[0].words or [])[:3]
    assert (first.spoken, second.spoken, third.spoken) == ("абонент", None, "отвечает")


@pytest.mark.parametrize("punctuated", [["другое", "слово"], ["его"], ["его", "сына", "я"]])
def test_other_words_are_refused(punctuated: list[str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # zip() raises it too
        with_punctuation([segment("его сына")], punctuated)


def test_a_segment_without_words_is_refused_so_that_its_text_stays() -> None:
    without_words = segment("его сына").model_copy(update={"words": None})
    with pytest.raises(ValueError, match="no words"):
        with_punctuation([segment("говорят"), without_words], ["Говорят"])


@given(st.lists(st.tuples(BARE, st.sampled_from(["", ",", ".", "?", " —"])), min_size=1))
def test_no_word_is_lost_added_or_changed(marked: list[tuple[str, str]]) -> None:
    text = " ".join(word for word, _ in marked)
    found = with_punctuation([segment(text)], [word + mark for word, mark in marked])
    words = [word for one in found for word in one.words or []]
    assert [word.spoken or word.word for word in words] == text.split(" ")
    assert [word.start for word in words] == sorted(word.start for word in words)
