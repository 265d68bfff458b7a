"""Segments cut into pieces that fit on a screen."""

import pytest

from backend.export.cues import MAX_LINE_CHARS, MIN_SHOWN_MS, Cue, cues_of
from backend.export.timecode import to_ms
from contracts.transcription import Segment, Transcript, Word
from transcripts import segment, transcript

LONG = "Зимой он вставал рано, топил печь, ставил самовар и садился у окна, пока не рассветёт."


@pytest.mark.parametrize(("seconds", "ms"), [(1.0006, 1001), (0.29, 290), (1.9994, 1999), (0, 0)])
def test_milliseconds_are_rounded_not_cut_off(seconds: float, ms: int) -> None:
    assert to_ms(seconds) == ms


def test_a_short_segment_is_one_cue_of_one_line() -> None:
    assert cues_of(transcript(segment(" Доброе  утро.\n", 1, 2.5))) == [
        Cue(1000, 2500, ("Доброе утро.",))
    ]


def test_a_long_segment_is_cut_in_proportion_to_its_characters() -> None:
    first, second = cues_of(transcript(segment(LONG, 10, 20)))
    n_chars = len(LONG.replace(" ", ""))
    n_first = len("".join(first.lines).replace(" ", ""))
    assert (first.start_ms, second.end_ms) == (10_000, 20_000)
    assert first.end_ms == second.start_ms == to_ms(10 + 10 * n_first / n_chars)


def test_lines_are_balanced_so_that_no_cue_holds_a_lone_word() -> None:
    lines = [line for cue in cues_of(transcript(segment(LONG))) for line in cue.lines]
    assert max(map(len, lines)) - min(map(len, lines)) <= 15


def test_words_times_win_over_proportion() -> None:
    words = [
        Word(word=f" {text}", start=10 + i, end=10.5 + i, probability=1)
        for i, text in enumerate(LONG.split())
    ]
    cues = cues_of(transcript(segment(LONG, 10, 40, words=words)))
    n_first = len(" ".join(cues[0].lines).split())
    assert cues[0].end_ms == words[n_first - 1].end * 1000
    assert cues[1].start_ms == words[n_first].start * 1000


def test_times_of_words_are_left_aside_once_the_text_was_corrected() -> None:
    words = [Word(word="другое", start=0.9, end=0.95, probability=1)]
    assert cues_of(transcript(segment("Исправлено", 0, 1, words=words))) == [
        Cue(0, 1000, ("Исправлено",))
    ]


def test_words_outside_their_segment_do_not_move_its_cues() -> None:
    words = [Word(word="раз", start=0, end=99, probability=1)]
    cues = cues_of(transcript(segment("раз", 1, 2, words=words), segment("два", 2, 3)))
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(1000, 2000), (2000, 3000)]


def test_segments_of_no_length_still_make_cues_in_order() -> None:
    cues = cues_of(transcript(*[segment("да", 5, 5) for _ in range(3)]))
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [
        (5000, 5001),
        (5001, 5002),
        (5002, 5003),
    ]


def test_text_without_spaces_is_cut_into_lines_all_the_same() -> None:
    cues = cues_of(transcript(segment("語" * 100)))
    assert [len(line) for cue in cues for line in cue.lines] == [MAX_LINE_CHARS] * 2 + [16]


def test_segments_without_text_make_no_cue() -> None:
    assert cues_of(transcript(segment(" \n"), segment("\x00"))) == []
    assert cues_of(transcript()) == []


def in_a_minute(*segments: Segment) -> Transcript:
    """The segments in a recording that lasts a minute."""
    return transcript(*segments).model_copy(update={"duration_s": 60.0})


def test_what_is_said_too_fast_to_be_read_stays_in_the_pause_after_it() -> None:
    text = "Тридцать четыре знака без пробелов"
    cue, _ = cues_of(in_a_minute(segment(text, 1, 1.5), segment("да", 9, 10)))
    assert (cue.start_ms, cue.end_ms) == (1000, 1000 + len(text) * 1000 / 17)


def test_a_cue_never_stays_when_the_next_one_comes() -> None:
    first, second = cues_of(in_a_minute(segment("я" * 80, 1, 1.5), segment("да", 2, 3)))
    assert first.end_ms == second.start_ms == 2000


def test_a_cue_of_one_syllable_is_no_flicker() -> None:
    (cue,) = cues_of(in_a_minute(segment("да", 1, 1.1)))
    assert cue.end_ms == 1000 + MIN_SHOWN_MS


def test_the_last_cue_does_not_outlast_the_recording() -> None:
    (cue,) = cues_of(in_a_minute(segment("я" * 80, 59, 59.5)))
    assert cue.end_ms == 60_000


def test_the_corrected_text_is_shown_and_the_models_is_not() -> None:
    corrected = segment("Встреча в пять", 0, 2, words=[]).model_copy(
        update={"original_text": "Вечер опять"}
    )
    assert [cue.lines for cue in cues_of(transcript(corrected))] == [("Встреча в пять",)]
