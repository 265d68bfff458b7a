"""If these fail, a phrase that is split or joined loses words, or words change sides."""

import pytest

from backend.errors import NoSuchWordError, WrongStateError
from backend.segment_borders import join_segments, move_border, split_segment
from contracts.jobs import MAX_SEGMENT_CHARS, SegmentBorder
from contracts.transcription import Segment, Word

TEXT = "Добрый день, Анна. Здравствуйте!"


def segment(
    text: str = TEXT,
    *,
    shown: str | None = None,
    words: list[str] | None = None,
    index: int = 3,
    start: float = 10.0,
) -> Segment:
    """Return a segment whose words last a second each, with a correction if `shown` is given."""
    spoken = text.split() if words is None else words
    return Segment(
        index=index,
        start=start,
        end=start + max(len(spoken), 1),
        text=text if shown is None else shown,
        original_text=None if shown is None else text,
        avg_logprob=-0.2,
        no_speech_prob=0.1,
        compression_ratio=1.0,
        speaker="S1",
        words=[
            Word(word=f" {word}", start=start + at, end=start + at + 0.9, probability=0.5)
            for at, word in enumerate(spoken)
        ],
    )


def halves(whole: Segment, *, word: int | None = None, text_offset: int | None = None):
    return split_segment(whole, SegmentBorder(word=word, text_offset=text_offset), 7)


def test_each_half_has_its_words_text_and_times():
    first, second = halves(segment(), word=3)
    assert (first.index, first.start, first.end, first.text) == (
        3,
        10.0,
        12.9,
        "Добрый день, Анна.",
    )
    assert (second.index, second.start, second.end, second.text) == (
        7, 13.0, 14.0, "Здравствуйте!",
    )  # fmt: skip
    assert first.original_text is second.original_text is None
    assert [len(each.words or []) for each in (first, second)] == [3, 1]
    assert second.speaker == "S1"


@pytest.mark.parametrize("word", [1, 2, 3])
def test_joining_both_halves_gives_the_segment_back(word: int):
    for whole in (segment(), segment(shown="Добрый вечер, Анна! Здравствуйте!")):
        assert join_segments(*halves(whole, word=word)) == whole


@pytest.mark.parametrize(
    ("shown", "word", "texts"),
    [
        ("Добрый вечер, Анна. Здравствуйте!", 2, ["Добрый вечер,", "Анна. Здравствуйте!"]),
        ("Добрый вечер, Анна. Здравствуйте!", 1, ["Добрый", "вечер, Анна. Здравствуйте!"]),
        (
            "Добрый день, дорогая Анна. Здравствуйте!",
            3,
            ["Добрый день, дорогая Анна.", "Здравствуйте!"],
        ),
        ("Здравствуйте!", 3, ["", "Здравствуйте!"]),
        ("совсем другое", 2, ["совсем", "другое"]),
        ("", 2, ["", ""]),
    ],
)
def test_a_corrected_text_is_split_at_the_same_word(shown: str, word: int, texts: list[str]):
    assert [each.text for each in halves(segment(shown=shown), word=word)] == texts


def test_a_half_that_is_as_the_model_wrote_it_is_no_correction():
    first, second = halves(segment(shown="Добрый вечер, Анна. Здравствуйте!"), word=3)
    assert (first.original_text, second.original_text) == ("Добрый день, Анна.", None)


@pytest.mark.parametrize(
    ("offset", "text"),
    [
        (19, "Здравствуйте!"),
        (18, "Здравствуйте!"),
        (21, "Здравствуйте!"),  # inside a word, near its start
        (11, "Анна. Здравствуйте!"),
        (0, TEXT),
        (len(TEXT), ""),
    ],
)
def test_a_place_in_the_text_is_between_two_words(offset: int, text: str):
    first, second = halves(segment(), text_offset=offset)
    assert second.text == text
    assert len(first.words or []) + len(second.words or []) == 4
    assert first.words
    assert second.words


def test_a_language_without_spaces_is_split_between_characters():
    whole = segment("今天天气很好。", words=["今天", "天气", "很", "好。"])
    assert [each.text for each in halves(whole, word=2)] == ["今天天气", "很好。"]
    assert [each.text for each in halves(whole, text_offset=2)] == ["今天", "天气很好。"]


def test_the_models_own_words_follow_theirs():
    whole = segment("Их 25, верно")
    assert whole.words
    whole.words[1].spoken = "двадцать пять"
    whole.raw_text = "Их двадцать пять верно"
    assert [each.raw_text for each in halves(whole, word=1)] == ["Их", "двадцать пять верно"]


def test_words_without_length_leave_both_halves_a_length():
    """Else the order of the halves in time is not that of their words."""
    whole = segment()
    assert whole.words
    for word in whole.words:
        word.start = word.end = whole.start
    first, second = halves(whole, word=2)
    assert whole.start < first.end <= second.start < whole.end


@pytest.mark.parametrize("border", [{"word": 4}, {"word": 99}, {"text_offset": len(TEXT) + 1}])
def test_a_place_outside_the_segment_is_refused(border: dict[str, int]):
    with pytest.raises(NoSuchWordError):
        halves(segment(), **border)


@pytest.mark.parametrize("words", [[], ["Добрый"]])
def test_a_segment_needs_two_words_to_be_split(words: list[str]):
    with pytest.raises(WrongStateError):
        halves(segment(words=words), word=1)


def test_a_joined_segment_is_the_first_ones_and_as_doubtful_as_either():
    first, second = segment(), segment("И вам.", shown="И вам", index=9, start=20.0)
    second.avg_logprob, second.speaker = -2.0, "S2"
    joined = join_segments(first, second)
    assert (joined.index, joined.start, joined.end, joined.speaker) == (3, 10.0, 22.0, "S1")
    assert (joined.text, joined.original_text) == (f"{TEXT} И вам", f"{TEXT} И вам.")
    assert joined.avg_logprob == -2.0
    assert len(joined.words or []) == 6


def test_a_joined_text_can_still_be_corrected():
    """Else the page could not save a correction of it."""
    long = segment("а" * MAX_SEGMENT_CHARS)
    with pytest.raises(WrongStateError):
        join_segments(long, segment())


def test_the_border_between_two_moves_and_back():
    first, second = segment(), segment("И вам.", index=9, start=20.0)
    second.speaker = "S2"
    moved = move_border(first, second, SegmentBorder(word=3))
    assert [each.text for each in moved] == ["Добрый день, Анна.", "Здравствуйте! И вам."]
    assert [(each.index, each.speaker) for each in moved] == [(3, "S1"), (9, "S2")]
    assert (moved[1].start, moved[1].end) == (13.0, 22.0)
    back = move_border(moved[0], moved[1], SegmentBorder(word=4))
    assert [each.text for each in back] == [TEXT, "И вам."]
    assert [each.words for each in back] == [first.words, second.words]


def test_a_border_leaves_each_segment_a_word():
    first, second = segment(), segment("И вам.", index=9, start=20.0)
    with pytest.raises(NoSuchWordError):
        move_border(first, second, SegmentBorder(word=6))
    with pytest.raises(WrongStateError):
        move_border(first, segment(words=[]), SegmentBorder(word=1))
