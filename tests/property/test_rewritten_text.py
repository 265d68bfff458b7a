"""If these fail, rewriting a text loses or changes words that were recognised."""

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.readable.text import rewrite_text, write_readable
from contracts.options import TranscribeOptions
from contracts.spacing import join_texts
from contracts.transcription import Segment, Word

KNOWN = [
    *[
        "двадцать",
        "пять",
        "рублей",
        "лось",
        "Лось,",
        "еще",
        "все.",
        "первого",
        "мая",
        "тысяча",
        "сорок",
        "девять",
        "—",
        "две",
    ],
    '"слово"',
]
WORDS = st.lists(
    st.sampled_from(KNOWN) | st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8),
    min_size=1,
    max_size=12,
)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "punctuation": st.just("none"),
        "numbers": st.just("digits"),
        "typography": st.just("auto"),
        "glossary": st.sampled_from(["Лось", "двадцать пять = XXV", "рубль = RUB"]),
    },
).map(TranscribeOptions.model_validate)


def recognised(texts: list[str]) -> Segment:
    words = [Word(word=text, start=n, end=n + 0.5, probability=0.9) for n, text in enumerate(texts)]
    fields = {"avg_logprob": -0.1, "no_speech_prob": 0.0, "compression_ratio": 1.0}
    return Segment(index=0, start=0, end=99, text=join_texts(texts), words=words, **fields)


def spoken(segment: Segment) -> list[str]:
    return " ".join(word.spoken or word.word for word in segment.words or []).split()


@settings(deadline=None, max_examples=40)
@given(WORDS, st.lists(OPTIONS, min_size=1, max_size=3))
def test_no_word_is_lost_however_often_a_text_is_written_anew(texts, every) -> None:
    segment = recognised(texts)
    for options in every:
        (segment,) = rewrite_text([segment], "ru", options)
        assert spoken(segment) == texts
        times = [time for word in segment.words or [] for time in (word.start, word.end)]
        assert times == sorted(times)


@settings(deadline=None, max_examples=40)
@given(WORDS, OPTIONS, OPTIONS)
def test_the_text_depends_on_the_last_options_only(texts, before, after) -> None:
    first = recognised(texts)
    (rewritten,) = rewrite_text(rewrite_text([first], "ru", before), "ru", after)
    (wanted,) = write_readable([first], "ru", after)
    assert (rewritten.text, rewritten.raw_text) == (wanted.text, wanted.raw_text)
