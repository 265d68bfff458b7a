"""Words get the times at which the decoder listened to them."""

import numpy as np
import pytest

from llm.engines.whisper.alignment import token_times
from llm.engines.whisper.words import group_into_words, time_words

PIECES = [" При", "вет", ",", " мир", " —", " труд", "!"]


def decode(tokens: list[int]) -> str:
    return "".join(PIECES[token] for token in tokens)


def test_token_times_follow_the_attention() -> None:
    frames = [10, 40, 41, 90]
    attention = np.full((2, 4, 120), 0.01, dtype=np.float32)
    for token, frame in enumerate(frames):
        attention[:, token, frame : frame + 12] = 1
    times = token_times(attention)
    assert list(times) == sorted(times)
    assert times[1] == pytest.approx(0.8, abs=0.1)
    assert times[3] == pytest.approx(1.8, abs=0.1)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 2), (2, 1, 50)])
def test_chunks_of_a_few_frames_are_aligned_too(shape: tuple[int, ...]) -> None:
    times = token_times(np.random.default_rng(0).random(shape, dtype=np.float32))
    assert times.shape == (shape[1],)
    assert np.all(np.diff(times) >= 0)


def test_pieces_join_into_words_with_their_punctuation() -> None:
    words = group_into_words(range(len(PIECES)), decode, "ru")
    assert words == [("Привет,", 0, 3), ("мир —", 3, 5), ("труд!", 5, 7)]


def test_a_character_split_over_tokens_stays_whole() -> None:
    data = " ё я".encode()

    def decode_bytes(tokens: list[int]) -> str:
        return bytes(data[token] for token in tokens).decode(errors="replace")

    words = group_into_words(range(len(data)), decode_bytes, "ru")
    assert [word for word, _, _ in words] == ["ё", "я"]


def test_words_stay_within_their_segment() -> None:
    words = time_words(
        [("раз", 0, 1), ("два", 1, 2)],
        np.array([0.2, 1.0, 9.0]),
        np.array([0.5, 0.25]),
        within=(0.5, 2.0),
    )
    assert [(w.start, w.end, w.probability) for w in words] == [(0.5, 1.0, 0.5), (1.0, 2.0, 0.25)]
