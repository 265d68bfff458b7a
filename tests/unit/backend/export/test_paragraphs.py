"""Where a paragraph begins."""

from backend.export.paragraphs import (
    LONG_PARAGRAPH_CHARS,
    PARAGRAPH_PAUSE_S,
    SENTENCE_PAUSE_S,
    Paragraph,
    paragraphs_of,
)
from transcripts import segment, transcript


def test_a_short_pause_does_not_tear_a_paragraph() -> None:
    pause_s = PARAGRAPH_PAUSE_S - 0.1
    what = transcript(segment("Раз,", 0, 1), segment("два.", 1 + pause_s, 4))
    assert paragraphs_of(what) == [Paragraph(0, 4, "Раз, два.")]


def test_who_speaks_without_a_rest_is_given_paragraphs_all_the_same() -> None:
    long = "д" * LONG_PARAGRAPH_CHARS
    following = segment("два.", 10 + SENTENCE_PAUSE_S, 12)
    assert len(paragraphs_of(transcript(segment(long, 0, 10), following))) == 2
    assert len(paragraphs_of(transcript(segment(long[1:], 0, 10), following))) == 1


def test_a_segment_without_text_ends_no_paragraph_and_begins_none() -> None:
    what = transcript(segment(" ", 0, 1), segment("Раз.", 1, 2), segment("\x00", 3, 4))
    assert paragraphs_of(what) == [Paragraph(1, 2, "Раз.")]


def test_chinese_sentences_join_without_a_space() -> None:
    what = transcript(
        segment("你好。", 0, 1), segment("我是小明。", 1, 2), segment("However", 2, 3)
    )
    assert [one.text for one in paragraphs_of(what)] == ["你好。我是小明。However"]
