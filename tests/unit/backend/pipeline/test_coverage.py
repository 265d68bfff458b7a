"""If these fail, skipped speech goes unseen, or ordinary speech is decoded twice."""

import numpy as np
import pytest

from backend.pipeline.coverage import uncovered_speech
from backend.pipeline.music import is_music
from backend.pipeline.pcm import PcmWriter
from backend.pipeline.quiet_speech import gain_curve_db, utterance_gains
from backend.pipeline.regions import replace_words, utterances
from backend.pipeline.spans import SpeechSpan, TimeSpan
from contracts.audio import SAMPLE_RATE, NormalizationMethod
from contracts.transcription import ChunkSegment, Word


def segment(*words: tuple[str, float, float]) -> ChunkSegment:
    return ChunkSegment(
        start=words[0][1], end=words[-1][2], text=" ".join(word for word, *_ in words),
        avg_logprob=-0.2, no_speech_prob=0, compression_ratio=1,
        words=[Word(word=word, start=a, end=b, probability=0.9) for word, a, b in words],
    )  # fmt: skip


def test_speech_inside_a_stretched_word_is_uncovered() -> None:
    """The decoder spreads a word over everything that it skips."""
    text = segment(("Алло,", 0.0, 0.5), ("здравствуйте", 0.5, 9.0), ("все", 9.0, 9.4))
    ((gap,),) = uncovered_speech([text], [TimeSpan(0.0, 9.4)])
    assert (gap.start, gap.end) == pytest.approx((0.75, 8.75))


def test_a_long_word_across_a_pause_is_plausible() -> None:
    text = segment(("Алло,", 0.0, 3.5), ("здравствуйте", 3.5, 4.4))
    assert uncovered_speech([text], [TimeSpan(0.0, 0.6), TimeSpan(3.4, 4.4)]) == []


def test_repeated_words_without_length_cover_nothing() -> None:
    text = segment(("да", 0.0, 0.3), *[("нет", 2.0, 2.0)] * 4)
    assert uncovered_speech([text], [TimeSpan(0.0, 2.2)])


def test_replaced_words_are_neither_lost_nor_doubled() -> None:
    first = segment(("раз", 0.0, 0.5), ("два", 0.5, 6.0), ("три", 6.0, 6.5))
    again = segment(("раз", 0.4, 0.5), ("пять", 1.0, 2.0), ("два", 5.0, 5.5))
    replaced = replace_words([first], TimeSpan(0.6, 5.9), [again])
    assert [each.text for each in replaced] == ["раз", "пять два", "три"]


def test_a_short_span_belongs_to_the_nearer_utterance() -> None:
    spans = [TimeSpan(0, 3), TimeSpan(4.5, 4.8), TimeSpan(5.4, 9)]
    assert utterances(spans) == [TimeSpan(0, 3), TimeSpan(4.5, 9)]


def test_held_tones_are_music_and_noise_is_not() -> None:
    times = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    ringing = np.sin(2 * np.pi * 425 * times).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 0.1, times.size).astype(np.float32)
    assert is_music(ringing)
    assert not is_music(noise)


def test_only_a_much_quieter_utterance_is_raised_and_only_near_it(tmp_path) -> None:
    """Otherwise a speaker's own dynamics would be flattened."""
    noise = np.random.default_rng(0).normal(0, 0.1, 20 * SAMPLE_RATE).astype(np.float32)
    noise[6 * SAMPLE_RATE : 12 * SAMPLE_RATE] *= 0.1  # 20 dB
    noise[14 * SAMPLE_RATE :] *= 0.5  # 6 dB
    with PcmWriter(tmp_path / "pcm") as writer:
        writer.write(noise)
        recording = writer.recording()
    spans = [
        SpeechSpan(start * SAMPLE_RATE, end * SAMPLE_RATE)
        for start, end in [(0, 5), (7, 11), (14, 20)]
    ]
    ((start, end, raised_db),) = utterance_gains(recording, spans, NormalizationMethod.LUFS)
    assert (start, end) == (7 * SAMPLE_RATE, 11 * SAMPLE_RATE)
    assert 7 < raised_db < 13
    curve_db = gain_curve_db([(start, end, raised_db)], 6 * SAMPLE_RATE, 12 * SAMPLE_RATE)
    assert curve_db is not None
    assert curve_db[0] == curve_db[-1] == 0
    assert curve_db[3 * SAMPLE_RATE] == pytest.approx(raised_db)
    assert utterance_gains(recording, spans, NormalizationMethod.NONE) == []
