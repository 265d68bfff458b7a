"""Segments are sentences or short parts of them, and contain every word."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.segmentation import MAX_SEGMENT_S, split_into_segments
from contracts.transcription import Word


def spoken(text: str, *, word_s: float = 0.5, pauses: dict[int, float] | None = None) -> list[Word]:
    """Return words of equal length, with pauses before some."""
    words: list[Word] = []
    time = 0.0
    for n, word in enumerate(text.split()):
        time += (pauses or {}).get(n, 0)
        words.append(Word(word=word, start=time, end=time + word_s, probability=1))
        time += word_s
    return words


def texts(words: list[Word]) -> list[str]:
    return [" ".join(word.word for word in segment) for segment in split_into_segments(words)]


def test_each_sentence_is_a_segment() -> None:
    text = "Кто там? «Это я!» Заходи… (Тихо.) Ну"
    assert texts(spoken(text)) == ["Кто там?", "«Это я!»", "Заходи…", "(Тихо.)", "Ну"]
    assert split_into_segments([]) == []


def test_abbreviations_and_initials_do_not_end_a_segment() -> None:
    text = "The U.S. government sent Mr. Smith home. Он родился в 1837 г. в доме А. С. Пушкина. Да"
    assert texts(spoken(text)) == [
        "The U.S. government sent Mr. Smith home.",
        "Он родился в 1837 г. в доме А. С. Пушкина.",
        "Да",
    ]


def test_a_long_sentence_is_not_split_after_a_preposition_or_an_abbreviation() -> None:
    """Subtitles would end in it."""
    text = "так " * 14 + "в Mr. Smith " + "так " * 14
    for pauses in ({15: 1.0, 20: 0.2}, {16: 1.0, 20: 0.2}):
        lengths = [len(segment) for segment in split_into_segments(spoken(text, pauses=pauses))]
        assert lengths == [20, 11]


def test_a_long_sentence_is_split_in_its_longest_pause() -> None:
    words = spoken("а " * 30, pauses={7: 0.4, 18: 1.0})
    assert [len(segment) for segment in split_into_segments(words)] == [18, 12]


def test_a_comma_is_preferred_to_a_short_pause() -> None:
    text = "а " * 12 + "б, " + "в " * 17
    assert [len(segment) for segment in split_into_segments(spoken(text, pauses={5: 0.2}))] == [
        13,
        17,
    ]


def test_a_sentence_without_pauses_is_split_in_the_middle() -> None:
    assert [len(segment) for segment in split_into_segments(spoken("а " * 40))] == [20, 20]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["да", "но,", "так.", "а?", "«вот»", "—"]),
            st.floats(0, 3),
            st.floats(0, 15),
        ),
        max_size=80,
    )
)
def test_no_word_is_lost_and_no_segment_is_too_long(script: list[tuple[str, float, float]]) -> None:
    words: list[Word] = []
    time = 0.0
    for word, pause_s, length_s in script:
        time += pause_s
        words.append(Word(word=word, start=time, end=time + length_s, probability=1))
        time += length_s
    segments = split_into_segments(words)
    assert [word for segment in segments for word in segment] == words
    for segment in segments:
        assert len(segment) == 1 or segment[-1].end - segment[0].start <= MAX_SEGMENT_S
