"""Where a paragraph begins, in the exports and in the page."""

import json
import random

from backend.export.paragraphs import Paragraph, paragraphs_of
from contracts.paragraphs import (
    LIMIT_CHARS,
    MAX_CHARS,
    MIN_CHARS,
    PARAGRAPH_PAUSE_S,
    SENTENCE_PAUSE_S,
    ParagraphRule,
)
from transcripts import segment, transcript
from unit.frontend.node import run_node

_SCRIPT = """
import { ParagraphRule } from "./src/frontend/web/reader/paragraphs.js";
let text = "";
for await (const part of process.stdin) text += part;
const rule = new ParagraphRule();
console.log(JSON.stringify(JSON.parse(text).map((segment) => rule.begins(segment))));
"""


def test_a_short_pause_does_not_tear_a_paragraph() -> None:
    pause_s = PARAGRAPH_PAUSE_S - 0.1
    what = transcript(segment("Раз,", 0, 1), segment("два.", 1 + pause_s, 4))
    assert paragraphs_of(what) == [Paragraph(0, 4, "Раз, два.")]
    what = transcript(segment("Раз,", 0, 1), segment("два.", 1 + PARAGRAPH_PAUSE_S, 4))
    assert len(paragraphs_of(what)) == 2


def test_a_paragraph_has_one_speaker() -> None:
    said = [("Раз.", "S1"), ("Два.", "S1"), ("Три.", "S2"), ("Четыре.", None)]
    segments = [
        segment(text, at, at + 1).model_copy(update={"speaker": speaker})
        for at, (text, speaker) in enumerate(said)
    ]
    assert [one.text for one in paragraphs_of(transcript(*segments))] == [
        "Раз. Два.",
        "Три.",
        "Четыре.",
    ]


def _n_paragraphs(first: str, pause_s: float, following: str = "два.") -> int:
    return len(
        paragraphs_of(transcript(segment(first, 0, 10), segment(following, 10 + pause_s, 20)))
    )


def test_who_speaks_without_a_rest_is_given_paragraphs_all_the_same() -> None:
    sentence = "д" * (MIN_CHARS - 1) + "."
    assert _n_paragraphs(sentence, SENTENCE_PAUSE_S) == 2
    assert _n_paragraphs(sentence[1:], SENTENCE_PAUSE_S) == 1, "too short"
    assert _n_paragraphs(sentence, 0) == 1, "no pause"
    assert _n_paragraphs(sentence, 0, following="д" * MAX_CHARS) == 2, "both are too long"
    assert _n_paragraphs("д" * MIN_CHARS, SENTENCE_PAUSE_S) == 1, "within a sentence"
    assert _n_paragraphs("д" * MAX_CHARS, SENTENCE_PAUSE_S) == 2
    assert _n_paragraphs("д" * LIMIT_CHARS, 0) == 2, "without punctuation"


def test_paragraphs_of_speech_have_300_to_600_characters() -> None:
    sentences = [
        segment("слово " * (5 + n * 7 % 20) + "конец.", n * 5, n * 5 + 4.9) for n in range(200)
    ]
    lengths = [len(each.text) for each in paragraphs_of(transcript(*sentences))][:-1]
    assert len(lengths) > 20
    assert all(MIN_CHARS <= length <= MAX_CHARS + 10 for length in lengths)


def test_the_page_has_the_same_paragraphs() -> None:
    """Otherwise a document differs from what was read and corrected."""
    chance = random.Random(5)
    end, segments = 0.0, []
    for _ in range(500):
        start = end + chance.choice((0, 0.2, 0.5, 0.7, 1.9, 2.0, 3.0))
        end = start + chance.uniform(0.5, 9)
        mark = chance.choice(("", ".", "?»", "…", ",", "。", "!)"))
        text = chance.choice(("", "д" * chance.randint(1, 350) + mark, "😀" * 40 + mark))
        speaker = chance.choice((None, "S1", "S1", "S1", "S1", "S2"))
        segments.append({"text": text, "start": start, "end": end, "speaker": speaker})
    rule = ParagraphRule()
    expected = [rule.begins(**each) for each in segments]
    ran = run_node("--input-type=module", "-e", _SCRIPT, stdin=json.dumps(segments))
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == expected
    assert 50 < sum(expected) < 450


def test_a_segment_without_text_ends_no_paragraph_and_begins_none() -> None:
    what = transcript(segment(" ", 0, 1), segment("Раз.", 1, 2), segment("\x00", 3, 4))
    assert paragraphs_of(what) == [Paragraph(1, 2, "Раз.")]


def test_chinese_sentences_join_without_a_space() -> None:
    what = transcript(
        segment("你好。", 0, 1), segment("我是小明。", 1, 2), segment("However", 2, 3)
    )
    assert [one.text for one in paragraphs_of(what)] == ["你好。我是小明。However"]
