"""If these fail, subtitles of some transcript are unreadable: independent parsers read them."""

import csv
import io
from datetime import timedelta
from html import unescape
from itertools import accumulate, pairwise

import srt
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from backend.export.cues import (
    DASH,
    MAX_CHARS_PER_S,
    MAX_CUE_LINES,
    MAX_LINE_CHARS,
    MAX_SHIFT_MS,
    MAX_SHOWN_MS,
    MIN_SHOWN_MS,
    READING_CHARS_PER_S,
    Cue,
    cues_of,
)
from backend.export.line_parts import columns
from backend.export.plain_text import one_line
from backend.export.srt import to_srt
from backend.export.timecode import to_ms
from backend.export.tsv import to_tsv
from backend.export.vtt import to_vtt
from contracts.transcription import Segment, Transcript, Word
from transcripts import segment, transcript

LONGEST_S = 400_000.0

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.lists(
        st.sampled_from(["да", "нет,", "-->", "<b>", "&amp;", "{\\an8}", "1", "00:01", "д" * 90]),
        max_size=60,
    ).map(" ".join),
)
times = st.floats(0, LONGEST_S, allow_nan=False)
NAMES = {"S1": "Анна", "S2": "Д" * 90, "S3": "Mr. <b> X"}


@st.composite
def words_of(draw: st.DrawFn, text: str) -> list[Word] | None:
    """Draw words as a model may return them: none, of another text, or with unordered times."""
    if not draw(st.booleans()):
        return None
    said = draw(st.sampled_from([text, "другое"])).split()
    return [Word(word=f" {w}", start=draw(times), end=draw(times), probability=1) for w in said]


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Draw segments in order that do not overlap; some empty, some adjacent."""
    n_segments = draw(st.integers(0, 5))
    edges = sorted(draw(st.lists(times, min_size=2 * n_segments, max_size=2 * n_segments)))
    segments: list[Segment] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        text = draw(texts)
        segments.append(segment(text, start, end, words=draw(words_of(text))))
    return transcript(*segments)


@st.composite
def conversations(draw: st.DrawFn) -> Transcript:
    """Draw plausible speech: at most 15 characters a second, with pauses and times of words."""
    segments: list[Segment] = []
    time = draw(st.floats(0, 5))
    for _ in range(draw(st.integers(1, 12))):
        said = [
            draw(st.sampled_from(WORDS)) if draw(st.booleans()) else draw(st.sampled_from(LEANING))
            for _ in range(draw(st.integers(0, 25)))
        ]
        said = [word for word, after in pairwise([*said, "а"]) if not {word, after} <= {*LEANING}]
        said.append(draw(st.sampled_from(["да.", "7.", "самовар.", "кто?"])))
        words: list[Word] = []
        for text in said:
            length_s = (len(text) + 1) / draw(st.floats(8, 15))
            words.append(Word(word=text, start=time, end=time + length_s, probability=1))
            time += length_s + draw(st.sampled_from([0, 0, 0, 0.1, 0.6, 3]))
        times = words if draw(st.booleans()) else None
        segments.append(segment(" ".join(said), words[0].start, words[-1].end, words=times))
    said_all = transcript(*segments)
    return said_all.model_copy(update={"duration_s": said_all.duration_s + 1})


@st.composite
def dialogues(draw: st.DrawFn) -> Transcript:
    """Draw long and short turns of up to three speakers, some of nobody known."""
    turn = st.tuples(
        st.sampled_from([None, *NAMES]),
        st.sampled_from(["да.", "нет, и", "", "<b>", "д" * 90, "ну, кто придёт завтра? " * 5]),
        st.sampled_from([0.0, 0.3, 1.0, 6.0]),
    )
    segments: list[Segment] = []
    end = 0.0
    for speaker, text, length_s in draw(st.lists(turn, max_size=8)):
        one = segment(text, end, end + length_s)
        segments.append(one.model_copy(update={"speaker": speaker}))
        end += length_s
    return transcript(*segments)


WORDS = ["вставал", "окна,", "печь", "дом", "рассветёт", "morning", "U.S.A", "ну"]
LEANING = ["в", "и", "на", "что", "the", "of", "Mr.", "г."]


@given(conversations())
def test_no_cue_flickers_stays_too_long_or_is_too_fast_to_read(source: Transcript) -> None:
    for cue in cues_of(source):
        assert MIN_SHOWN_MS <= cue.end_ms - cue.start_ms <= MAX_SHOWN_MS
        assert chars_per_s(cue) <= MAX_CHARS_PER_S


@given(conversations())
def test_no_line_ends_in_a_preposition_a_conjunction_or_an_abbreviation(source: Transcript) -> None:
    for cue in cues_of(source):
        assert not {line.split()[-1] for line in cue.lines} & {*LEANING}


@given(conversations())
def test_a_cue_appears_with_its_first_word_or_within_a_second_of_it(source: Transcript) -> None:
    starts = [
        to_ms(word.start) for one in source.segments for word in one.words or evenly_spoken(one)
    ]
    n_words = 0
    for cue in cues_of(source):
        assert abs(cue.start_ms - starts[n_words]) <= MAX_SHIFT_MS
        n_words += len(" ".join(cue.lines).split())


def evenly_spoken(one: Segment) -> list[Word]:
    """Return a segment's words with times in proportion to their characters."""
    per_char_s = (one.end - one.start) / len(letters(one.text))
    edges = accumulate((len(word) * per_char_s for word in one.text.split()), initial=one.start)
    return [
        Word(word=word, start=start, end=end, probability=1)
        for word, (start, end) in zip(one.text.split(), pairwise(edges), strict=True)
    ]


@given(transcripts())
def test_every_cue_is_shown_for_a_moment_if_the_recording_has_room(source: Transcript) -> None:
    cues = cues_of(source)
    if cues:
        room_ms = (round_half_up(source.duration_s) - cues[0].start_ms) // len(cues)
        for cue in cues:
            shown_ms = cue.end_ms - cue.start_ms
            assert min(MIN_SHOWN_MS, room_ms) <= shown_ms <= MAX_SHOWN_MS


@given(transcripts())
def test_what_is_too_fast_to_read_has_no_pause_after_it(source: Transcript) -> None:
    cues = cues_of(source)
    for cue, after in pairwise(cues):
        if chars_per_s(cue) > MAX_CHARS_PER_S:
            assert cue.end_ms == after.start_ms


def letters(text: str) -> str:
    """Return the text without spaces, line breaks and control characters."""
    return "".join(one_line(text).split())


def spoken(source: Transcript) -> str:
    return letters(" ".join(one.text for one in source.segments))


@given(transcripts())
def test_cues_are_in_order_never_overlap_and_fit_the_screen(source: Transcript) -> None:
    shown_until = 0
    for cue in cues_of(source):
        assert shown_until <= cue.start_ms < cue.end_ms
        shown_until = cue.end_ms
        assert 1 <= len(cue.lines) <= MAX_CUE_LINES
        assert all(1 <= columns(line) <= MAX_LINE_CHARS for line in cue.lines)


@given(transcripts())
def test_each_cue_is_shown_long_enough_to_read_unless_the_next_one_follows(
    source: Transcript,
) -> None:
    cues = cues_of(source)
    for cue, following in pairwise(cues):
        assert chars_per_s(cue) <= READING_CHARS_PER_S or cue.end_ms >= following.start_ms


@given(transcripts())
def test_cues_hold_all_words_in_order_within_the_recording(source: Transcript) -> None:
    cues = cues_of(source)
    assert letters(" ".join(line for cue in cues for line in cue.lines)) == spoken(source)
    spans = [one for one in source.segments if one_line(one.text)]
    if spans:
        # an empty cue becomes 1 ms long and may delay those after it by as much
        assert cues[0].start_ms >= round(spans[0].start * 1000) - 1
        assert cues[-1].end_ms <= round(source.duration_s * 1000) + len(cues) + 1


@given(dialogues(), st.booleans())
def test_two_speakers_never_share_a_line_and_have_a_dash_each(
    source: Transcript, named: bool
) -> None:
    """A viewer takes the words of one for those of another."""
    names = NAMES if named else {}
    said = [(letters(text), who) for text, who in turns_of(source, names)]
    for cue in cues_of(source, names):
        assert 1 <= len(cue.lines) <= MAX_CUE_LINES
        assert all(1 <= columns(line) <= MAX_LINE_CHARS for line in cue.lines)
        if len(cue.speakers) == 2:
            assert len(cue.lines) == 2
            assert all(line.startswith(DASH) for line in cue.lines)
            parts = [letters(line.removeprefix(DASH)) for line in cue.lines]
        else:
            parts = [letters(" ".join(cue.lines))]
        for n, (part, who) in enumerate(zip(parts, cue.speakers, strict=True)):
            text, speaker = said[0]
            assert (text[: len(part)], speaker) == (part, who), "a line runs into another turn"
            said[0] = (text[len(part) :], speaker)
            if not said[0][0]:
                said.pop(0)
            else:
                assert n == len(parts) - 1, "a turn goes on below another one's line"
    assert not said


def turns_of(source: Transcript, names: dict[str, str]) -> list[tuple[str, str | None]]:
    """Return the text and the speaker of each turn, with the names as they are written."""
    turns: list[tuple[str, str | None]] = []
    for one in filter(lambda each: each.text, source.segments):
        if turns and turns[-1][1] == one.speaker:
            turns[-1] = (f"{turns[-1][0]} {one.text}", one.speaker)
        else:
            name = names.get(one.speaker or "")
            turns.append((f"{name}: {one.text}" if name else one.text, one.speaker))
    return turns


@given(transcripts())
def test_srt_read_back_gives_the_same_cues(source: Transcript) -> None:
    read = list(srt.parse(to_srt(source)))
    cues = cues_of(source)
    assert [(one.start, one.end) for one in read] == [
        (timedelta(milliseconds=cue.start_ms), timedelta(milliseconds=cue.end_ms)) for cue in cues
    ]
    replaced = str.maketrans("<>{}", "‹›()")
    assert letters(" ".join(one.content for one in read)) == spoken(source).translate(replaced)
    assert [one.index for one in read] == list(range(1, len(cues) + 1))


@given(transcripts())
def test_vtt_read_back_gives_the_same_cues(source: Transcript) -> None:
    read = list(webvtt.from_buffer(io.StringIO(to_vtt(source))))
    cues = cues_of(source)
    assert [(ms(one.start), ms(one.end)) for one in read] == [
        (cue.start_ms, cue.end_ms) for cue in cues
    ]
    raw = " ".join(one.raw_text for one in read)
    assert "<" not in raw
    assert letters(unescape(raw)) == spoken(source)


@given(transcripts())
def test_tsv_read_back_has_a_row_for_each_segment(source: Transcript) -> None:
    table = csv.DictReader(io.StringIO(to_tsv(source)), dialect="excel-tab", quoting=csv.QUOTE_NONE)
    assert [(int(row["start"]), int(row["end"]), row["text"]) for row in table] == [
        (round_half_up(one.start), round_half_up(one.end), cell_of(one_line(one.text)))
        for one in source.segments
    ]


def cell_of(text: str) -> str:
    """Return a text as a spreadsheet may read it: never as a formula."""
    return f"'{text}" if text[:1] in set("=+-@＝＋－＠") else text


def round_half_up(seconds: float) -> int:
    return int(seconds * 1000 + 0.5)


def chars_per_s(cue: Cue) -> float:
    return len(" ".join(cue.lines)) * 1000 / (cue.end_ms - cue.start_ms)


def ms(time: str) -> int:
    hours, minutes, seconds = time.split(":")
    return round(((int(hours) * 60 + int(minutes)) * 60 + float(seconds)) * 1000)
