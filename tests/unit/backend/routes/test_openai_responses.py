"""If these fail, texts and tokens that a client joins without a separator run into each other."""

import pytest

from backend.routes.openai.responses import spaced_texts, spaced_words
from contracts.transcription import Segment, Transcript, Word


def transcript(*texts: str) -> Transcript:
    segments = [
        Segment(
            index=index, start=index, end=index + 1, text=text, avg_logprob=0, no_speech_prob=0,
            compression_ratio=1,
        )
        for index, text in enumerate(texts)
    ]  # fmt: skip
    return Transcript(text="", language="zh", duration_s=9, speech_s=9, segments=segments)


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        (["Доброе утро.", "До встречи."], " Доброе утро. До встречи."),
        (["你好。", "再见。"], "你好。再见。"),
        (["However, styles", "in the west", "落后。"], " However, styles in the west 落后。"),
        ([], ""),
    ],
)
def test_texts_joined_without_a_separator_are_spaced_by_their_script(texts, joined) -> None:
    """The requested language says nothing about that: English is spoken with `language=zh`, too."""
    assert "".join(spaced_texts(transcript(*texts))) == joined


@pytest.mark.parametrize("space", ["", " "])
def test_words_have_the_spaces_of_the_text_whether_the_model_gave_them_or_not(space) -> None:
    text = " Да, «нет» - да."
    words = [Word(word=space + word, start=0, end=1, probability=1) for word in text.split()]
    assert [word.word for word in spaced_words(words, text)] == [" Да,", " «нет»", " -", " да."]


def test_words_of_a_script_without_spaces_get_none() -> None:
    words = [Word(word=word, start=0, end=1, probability=1) for word in ("你", "好。")]
    assert [word.word for word in spaced_words(words, "你好。")] == ["你", "好。"]
