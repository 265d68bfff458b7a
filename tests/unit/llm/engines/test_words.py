"""Tokens become words with their times."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contracts.transcription import Word
from llm.engines.whisper.alignment import FRAME_S
from llm.engines.words import group_into_words, join_words, logprobs_of_letters, time_words

PIECES = [" При", "вет", ",", " мир", " —", " труд", "!"]


def decode(tokens: list[int]) -> str:
    return "".join(PIECES[token] for token in tokens)


def test_pieces_join_into_words_with_their_punctuation() -> None:
    words = group_into_words(range(len(PIECES)), decode)
    assert words == [(" Привет,", 0, 3), (" мир —", 3, 5), (" труд!", 5, 7)]


def test_a_character_split_over_tokens_stays_whole() -> None:
    data = " ё я".encode()

    def decode_bytes(tokens: list[int]) -> str:
        return bytes(data[token] for token in tokens).decode(errors="replace")

    words = group_into_words(range(len(data)), decode_bytes)
    assert [word for word, _, _ in words] == [" ё", " я"]


def words_of(*pieces: str) -> list[str]:
    groups = group_into_words(range(len(pieces)), lambda tokens: "".join(pieces[t] for t in tokens))
    return [word for word, _, _ in groups]


def text_of(*pieces: str) -> str:
    """Return the text of the words that the pieces make."""
    words = [Word(word=word, start=0, end=0, probability=1) for word in words_of(*pieces)]
    return join_words(words)


def test_characters_of_scripts_without_spaces_are_words_and_latin_words_stay_whole() -> None:
    assert words_of("我", "用", "How", "ever", " due", "吧", "。") == [
        "我", "用", "However", " due", "吧。",
    ]  # fmt: skip


def test_a_combining_mark_stays_with_its_letter() -> None:
    assert words_of("ก", "\u0e35", "ข") == ["ก\u0e35", "ข"]


def test_latin_words_keep_their_spaces_in_every_language() -> None:
    """Otherwise English under `language=zh` comes out as one long word."""
    assert text_of(" However", ",", " due", " to", " the", " slow") == "However, due to the slow"
    assert text_of("我", "用", " Goo", "gle", " Cloud", " 做") == "我用 Google Cloud 做"
    assert text_of("เขา", "ใช้", " Google", " Cloud", " ครับ") == "เขาใช้ Google Cloud ครับ"


def test_chinese_and_japanese_get_no_spaces() -> None:
    assert text_of("你", "好", "。", " 我", "是") == "你好。我是"
    assert text_of(" 今日", "は", " 晴れ") == "今日は晴れ"


@given(st.lists(st.sampled_from([" a", "b", "我", " 我", "。", ",", " ", "ก", " (", "\u0e35"])))
def test_every_piece_is_in_the_text(pieces: list[str]) -> None:
    assert "".join(text_of(*pieces).split()) == "".join("".join(pieces).split())


def sound(*levels: float) -> np.ndarray:
    """Return half a second of noise of each level."""
    noise = np.random.default_rng(0).normal(0, 1, (len(levels), 8000))
    return (noise * np.array(levels)[:, None]).ravel().astype(np.float32)


def test_pauses_are_not_part_of_words() -> None:
    words = time_words(
        [("раз", 0, 1), ("два", 1, 2)],
        np.array([0.0, 1.5, 2.5]),
        np.log([0.5, 0.25]),
        sound(0.1, 0.001, 0.001, 0.1, 0.001),
    )
    assert [(w.start, w.end) for w in words] == [(0, 0.5), (1.5, 2.0)]
    assert [w.probability for w in words] == [0.5, 0.25]


def test_one_improbable_token_makes_a_word_improbable_and_marks_do_not_count() -> None:
    """A mean over the tokens hid most wrong words: one piece was a guess, the others followed."""
    pieces = [" Фе", "мель", ",", " от", "ложил", " —", " 5"]

    def decode_piece(tokens: Sequence[int]) -> str:
        return "".join(pieces[token] for token in tokens)

    tokens = range(len(pieces))
    logprobs = np.log([0.2, 0.9, 0.01, 0.8, 0.9, 0.01, 0.5]).tolist()
    words = time_words(
        group_into_words(tokens, decode_piece),
        np.arange(len(pieces) + 1, dtype=float),
        logprobs_of_letters(tokens, logprobs, decode_piece),
        sound(0.1),
    )
    assert [word.word for word in words] == [" Фемель,", " отложил —", " 5"]
    assert [word.probability for word in words] == [0.18, 0.72, 0.5]


def test_a_word_in_a_pause_keeps_its_time() -> None:
    (word,) = time_words(
        [("ой", 0, 1)], np.array([0.6, 0.8]), [-0.1], sound(0.1, 0.001, 0.001, 0.1)
    )
    assert (word.start, word.end) == (0.6, 0.8)


@given(
    st.lists(st.integers(0, 1600), min_size=2, max_size=20).map(sorted),
    st.integers(1, 16_000 * 30),
    st.integers(0, 2**32),
)
def test_words_are_in_order_and_within_the_chunk(
    steps: list[int], n_samples: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    samples = (rng.normal(0, 0.1, n_samples) * rng.integers(0, 2)).astype(np.float32)
    groups = [("да", n, n + 1) for n in range(len(steps) - 1)]
    words = time_words(groups, np.array(steps) * FRAME_S, [-0.5] * len(groups), samples)
    times = [time for word in words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(0 <= time <= round(n_samples / 16_000, 3) for time in times)
