"""Each check detects its own fault, and ordinary speech passes them all."""

import numpy as np
import pytest

from contracts.transcription import QualityIssue, Word
from llm.engines.compression import compression_ratio
from llm.engines.protocol import Samples
from llm.engines.whisper.quality_checks import (
    find_quality_issues,
    is_loop,
    is_silence,
    is_silence_phrase,
)
from llm.engines.whisper.search import Hypothesis

RNG = np.random.default_rng(0)
SPEECH = (
    "Поезд пришёл под утро, и на станции никто его не встречал. Кондуктор вынес чемодан, "
    "постоял, посмотрел на пустую площадь и сказал, что до города шесть вёрст."
)


def sound(seconds: float, level: float = 0.1) -> Samples:
    return RNG.normal(0, level, round(16_000 * seconds)).astype(np.float32)


def words_between(*spans: tuple[float, float]) -> list[Word]:
    return [Word(word="да", start=start, end=end, probability=1) for start, end in spans]


def issues(
    text: str = SPEECH,
    n_tokens: int = 60,
    avg_logprob: float = -0.2,
    spans: tuple[tuple[float, float], ...] = ((0.2, 11.8),),
    samples: Samples | None = None,
) -> list[QualityIssue]:
    chunk = sound(12) if samples is None else samples
    hypothesis = Hypothesis(tuple(range(n_tokens)), (), avg_logprob, avg_logprob, (), n_tokens)
    return find_quality_issues(text, hypothesis, words_between(*spans), chunk, "ru")


def test_ordinary_speech_has_no_issues() -> None:
    assert issues() == []
    assert issues("", 0, spans=()) == []
    assert issues("Да, да, да! Да. Нет, нет.") == []
    assert issues("и так далее, и так далее, и так далее") == []
    assert issues("ноль " * 3 + "семь " * 3 + "два " * 2) == []


@pytest.mark.parametrize(
    "text",
    ["и вот " * 40, "Он сказал, что да. " * 4, "Я НЕ ЗНАЮ, я не знаю. Я, не знаю — я не знаю!"],
)
def test_repetition_is_detected(text: str) -> None:
    assert issues(text) == [QualityIssue.REPETITION]


def test_more_tokens_than_anyone_can_speak_are_detected() -> None:
    assert issues(n_tokens=193) == [QualityIssue.TOO_MANY_TOKENS]
    assert issues(n_tokens=190) == []
    assert issues(n_tokens=40, samples=sound(1), spans=((0, 1),)) == [QualityIssue.TOO_MANY_TOKENS]
    # In a word or two, punctuation and names have too many tokens for a rate.
    assert issues(n_tokens=20, samples=sound(1), spans=((0, 1),)) == []


def test_a_low_probability_is_detected() -> None:
    assert issues(avg_logprob=-1.01) == [QualityIssue.LOW_LOGPROB]
    assert issues(avg_logprob=-0.99) == []


@pytest.mark.parametrize(
    "spans", [((0.2, 8.5),), ((3.5, 11.8),), ((0.2, 4.0), (7.5, 11.8)), ((5, 6),)]
)
def test_sound_without_words_is_detected(spans: tuple[tuple[float, float], ...]) -> None:
    assert issues(spans=spans) == [QualityIssue.SKIPPED_SPEECH]


def test_a_pause_without_words_is_no_issue() -> None:
    chunk = np.concatenate([sound(4), sound(4, 0.002), sound(4)])
    assert issues(spans=((0, 4), (8, 12)), samples=chunk) == []
    assert issues(spans=((0, 4), (4, 8)), samples=chunk) == [QualityIssue.SKIPPED_SPEECH]
    assert issues(spans=((0, 4), (6.5, 12))) == []  # two and a half seconds are a pause


def test_several_issues_are_reported_together() -> None:
    assert issues("и вoт " * 40, 300, -2, ((5, 6),)) == list(QualityIssue)


PHRASES = [
    "Продолжение следует...",
    "ПРОДОЛЖЕНИЕ СЛЕДУЕТ",
    "Субтитры сделал DimaTorzok",
    "Субтитры создавал кто-то там.",
    "Редактор субтитров А. Семкин Корректор А. Егорова",
    "Спасибо за просмотр!",
    "Спасибо за внимание. Продолжение следует…",
    "Подписывайтесь на наш канал!",
    "Thanks for watching!",
]
OTHERS = [
    "",
    "...",
    "Спасибо.",
    "Спасибо за просмотр квартиры, мы вам позвоним.",
    "Он сказал: продолжение следует, и вышел.",
    "Субтитры я смотреть не люблю.",
]


@pytest.mark.parametrize("text", PHRASES)
def test_a_phrase_of_silence_counts_as_silence_only_there(text: str) -> None:
    assert is_silence_phrase(text)
    assert is_silence(0.9, -0.2, text, sound(5))
    assert not is_silence(0.3, -0.2, text, sound(5))


@pytest.mark.parametrize("text", OTHERS)
def test_other_texts_are_no_phrases_of_silence(text: str) -> None:
    assert not is_silence_phrase(text)
    assert not is_silence(0.9, -0.2, text, sound(5))


def test_an_improbable_text_without_speech_is_silence() -> None:
    assert is_silence(0.9, -1.2, SPEECH, sound(5))
    assert not is_silence(0.9, -0.8, SPEECH, sound(5))
    assert not is_silence(0.5, -1.2, SPEECH, sound(5))


@pytest.mark.parametrize("peak", [0, 1, 4])
def test_two_bits_of_noise_are_silence_whatever_the_model_writes(peak: int) -> None:
    dither = RNG.integers(-peak, peak + 1, 16_000) / 32768
    assert is_silence(0.0, -0.1, SPEECH, dither.astype(np.float32))


def test_a_whisper_is_not_silence() -> None:
    assert not is_silence(0.0, -0.1, SPEECH, sound(5, 0.001))


def test_a_loop_compresses_more_than_speech() -> None:
    assert compression_ratio("и вот " * 40) > 2.4
    assert compression_ratio(SPEECH) < 2.4
    assert compression_ratio("") == 0


def test_the_same_pattern_compresses_alike_in_every_script() -> None:
    """A ratio over UTF-8 bytes would call a Russian menu a loop and the English one speech."""
    latin = "to hear it press one, to save it press two, to delete it press three"
    letters = sorted({character for character in latin if character.isalpha()})
    for first in ("а", "α", "ა", "一"):
        script = str.maketrans({old: chr(ord(first) + n) for n, old in enumerate(letters)})
        assert compression_ratio(latin.translate(script)) == compression_ratio(latin)


MENU = (
    "Чтобы прослушать следующее сообщение, нажмите шесть. Чтобы прослушать предыдущее сообщение, "
    "нажмите четыре. Чтобы прослушать сообщение ещё раз, нажмите пять. Чтобы удалить сообщение, "
    "нажмите семь. Чтобы сохранить сообщение, нажмите девять."
)


@pytest.mark.parametrize(
    "text",
    [
        "и вот " * 40,
        "Я думаю. " + "Правильно. " * 12,
        "Спасибо, спасибо, СПАСИБО. спасибо",
        "Мы ждали поезда до утра. " * 3 + "Мы ждали",
        "谢谢大家" * 5,
        "ありがとう。" * 6,
    ],
)
def test_a_phrase_that_fills_the_text_is_a_loop(text: str) -> None:
    assert is_loop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Да.",
        "Нет, нет.",
        SPEECH,
        MENU,
        "Мы ждали поезда. " * 2,
        f"{SPEECH} Да, да, да! {SPEECH}",
    ],
)
def test_speech_that_repeats_a_word_or_two_is_no_loop(text: str) -> None:
    assert not is_loop(text)


def test_letters_of_another_script_are_detected() -> None:
    assert issues("Она кинуlish к нему в объятия.") == [QualityIssue.FOREIGN_SCRIPT]


def test_more_distinct_characters_than_a_byte_holds_are_counted() -> None:
    assert compression_ratio("".join(chr(0x4E00 + n) for n in range(400))) > 0
