"""Segments cut into pieces that fit on a screen."""

from unicodedata import category

import pytest

from backend.export.cues import MAX_LINE_CHARS, MAX_SHOWN_MS, MIN_SHOWN_MS, Cue, cues_of
from backend.export.line_parts import columns, line_parts
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


def test_lines_end_with_clauses_and_no_cue_holds_a_lone_word() -> None:
    lines = [line for cue in cues_of(transcript(segment(LONG, 0, 8))) for line in cue.lines]
    assert lines == [
        "Зимой он вставал рано, топил печь,",
        "ставил самовар и садился у окна,",
        "пока не рассветёт.",
    ]


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


def test_segments_of_no_length_share_a_cue() -> None:
    cues = cues_of(in_a_minute(*[segment("да.", 5, 5) for _ in range(3)]))
    assert cues == [Cue(5000, 5000 + MIN_SHOWN_MS, ("да. да. да.",))]


def test_a_syllable_before_the_end_joins_the_sentence_before_it() -> None:
    """A player would show it for 20 ms."""
    text = "Пять, шесть, семь, восемь, девять, десять, одиннадцать, двенадцать."
    what = transcript(segment(text, 0, 8), segment("Семь.", 8, 8.02))
    cues = cues_of(what)
    assert cues[-1].lines[-1].endswith(" Семь.")
    assert all(cue.end_ms - cue.start_ms >= MIN_SHOWN_MS for cue in cues)


def test_a_syllable_in_a_pause_stays_a_cue_of_its_own() -> None:
    what = in_a_minute(segment("Да.", 1, 1.1), segment("Кто там?", 5, 6))
    assert cues_of(what)[0] == Cue(1000, 1000 + MIN_SHOWN_MS, ("Да.",))


def test_a_cue_is_not_shown_longer_than_seven_seconds() -> None:
    (cue,) = cues_of(transcript(segment("Потом.", 1, 30)))
    assert (cue.start_ms, cue.end_ms) == (1000, 1000 + MAX_SHOWN_MS)


def test_a_slow_sentence_is_cut_where_its_speaker_pauses() -> None:
    words = [
        Word(word=text, start=start, end=start + 0.5, probability=1)
        for text, start in [
            ("Ну", 0),
            ("что", 0.6),
            ("сказать", 1.2),
            ("больше", 9),
            ("нечего", 10),
        ]
    ]
    cues = cues_of(transcript(segment("Ну что сказать больше нечего", 0, 11, words=words)))
    assert [(cue.start_ms, cue.lines) for cue in cues] == [
        (0, ("Ну что сказать",)),
        (9000, ("больше нечего",)),
    ]


def test_what_is_too_fast_begins_in_the_pause_before_it() -> None:
    fast = "я" * 40
    _, second, _ = cues_of(
        in_a_minute(segment("Так.", 0, 1), segment(fast, 5, 6), segment("м" * 40, 6.6, 12))
    )
    assert second.start_ms == 6600 - 1905  # 40 characters at 21 a second


def test_no_line_ends_in_a_preposition_a_conjunction_or_an_abbreviation() -> None:
    text = (
        "Он долго и без всякого труда шёл по дороге в город и не думал о том, что будет с ним "
        "и с г. Сидоровым, а Mr. Smith was at the end of the road to the U.S. government and he "
        "knew that it was not for him."
    )
    lines = [line for cue in cues_of(transcript(segment(text, 0, 20))) for line in cue.lines]
    last_words = {line.split()[-1] for line in lines}
    torn = "и без по в не о с г. а Mr. at the of to U.S. that for"
    assert not last_words & set(torn.split())


def test_a_preposition_that_ends_a_segment_moves_to_the_next_one() -> None:
    what = transcript(segment("Он поехал в", 0, 2), segment("Москву.", 2, 3))
    assert [cue.lines for cue in cues_of(what)] == [("Он поехал в Москву.",)]


def test_chinese_segments_share_a_cue_without_a_space() -> None:
    what = in_a_minute(segment("你好。", 1, 1.1), segment("我是小明。", 1.1, 2.5))
    assert [cue.lines for cue in cues_of(what)] == [("你好。我是小明。",)]


def test_words_that_a_correction_left_keep_their_times() -> None:
    words = [
        Word(word=text, start=start, end=start + 1, probability=1)
        for text, start in [("Встреча", 0), ("опять", 9), ("завтра.", 10)]
    ]
    cues = cues_of(transcript(segment("Встреча в пять завтра.", 0, 11, words=words)))
    assert (cues[0].start_ms, cues[-1].end_ms) == (0, 11_000)
    assert cues[-1].lines == ("завтра.",)
    assert cues[-1].start_ms == 10_000


@pytest.mark.parametrize("letter", ["д", "ß"])
def test_a_word_longer_than_a_line_is_cut(letter: str) -> None:
    cues = cues_of(transcript(segment(letter * 100)))
    assert [len(line) for cue in cues for line in cue.lines] == [MAX_LINE_CHARS] * 2 + [16]


def lines_of(text: str) -> list[str]:
    said = transcript(segment(text, 0, len(text) / 5))
    return [line for cue in cues_of(said) for line in cue.lines]


@pytest.mark.parametrize(
    "text",
    [
        "語" * 100,
        "今天我们讨论的是人工智能在医疗领域的应用，以及它给医生和病人带来的变化。谢谢大家。",
        "これは「音声認識」のテストです、日本語の字幕が正しく表示されるかどうかを確認しています。",
        "我们用iPhone15Pro和Whisper做了一个测试，结果比预期的要好得多，所以我们决定继续使用下去。",
        "이것은한국어자막이화면에맞게나뉘는지확인하기위한매우긴문장입니다정말로아주깁니다",
    ],
)
def test_fullwidth_characters_take_the_room_of_two(text: str) -> None:
    """Otherwise lines of Chinese are twice as wide as the screen's subtitles may be."""
    lines = lines_of(text)
    assert "".join(lines) == text
    assert max(map(columns, lines)) <= MAX_LINE_CHARS
    assert min(map(len, lines)) > 3


def test_chinese_lines_end_with_clauses_and_begin_with_no_mark() -> None:
    lines = lines_of(
        "今天我们讨论的是人工智能在医疗领域的应用，以及它给医生和病人带来的变化。谢谢大家。"
    )
    assert not {line[0] for line in lines} & set("，。、")
    assert sum(line[-1] in "，。" for line in lines) >= len(lines) - 1


def test_thai_lines_keep_letters_with_their_marks() -> None:
    """Thai has no spaces between words; a vowel alone at the start of a line is unreadable."""
    text = "ประเทศไทยตั้งอยู่ในเอเชียตะวันออกเฉียงใต้และมีพรมแดนติดกับหลายประเทศรวมทั้งเมียนมาร์และลาว"
    lines = lines_of(text)
    assert "".join(lines) == text
    assert max(map(len, lines)) <= MAX_LINE_CHARS
    for line in lines[1:]:
        assert not category(line[0]).startswith("M")
    for line in lines[:-1]:
        assert line[-1] not in "เแโใไ"


def test_a_word_in_latin_letters_is_not_cut_in_chinese() -> None:
    text = (
        "我们用iPhone15Pro和Whisper做了一个测试，结果比预期的要好得多，所以我们决定继续使用下去。"
    )
    lines = lines_of(text)
    assert any("iPhone15Pro" in line for line in lines)
    assert any("Whisper" in line for line in lines)


def test_a_very_long_text_without_spaces_is_split_in_time_linear_in_its_length() -> None:
    parts = line_parts("語" * 100_000)
    assert max(map(columns, parts)) <= MAX_LINE_CHARS


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
    first, second = cues_of(in_a_minute(segment("я" * 80, 1, 1.5), segment("н" * 80, 2, 3)))
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
