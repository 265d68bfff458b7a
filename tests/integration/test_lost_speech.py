"""If these fail, something that is said has neither words nor an entry in the report."""

import re
from difflib import SequenceMatcher
from pathlib import Path

import httpx
import numpy as np
import pytest

from audio_files import Signal, tone, write_wav
from contracts.jobs import JobStatus
from contracts.report import ReportKind
from contracts.transcription import Transcript
from integration.client import ended, transcribe
from speech_corpus import shared_speech
from spoken_words import words
from testbed.conversations import sentences_of
from testbed.debian_packages import PackagesUnavailableError
from testbed.services import Services

pytestmark = pytest.mark.slow

QUIET_DB = -20
CHORDS = ((262, 330, 392), (294, 349, 440), (247, 294, 392))
"""Frequencies of the notes of each chord, in Hz."""
CHORD_S = 2.0


def spoken(person: str, beginning: str) -> Signal:
    """Return the sentence that begins so, without silence around it, or skip the test."""
    try:
        sentences = sentences_of(person)
    except PackagesUnavailableError as error:
        pytest.skip(str(error))
    for samples, text in sentences:
        if text.startswith(beginning):
            return samples
    pytest.skip(f"no recording of {person} begins with «{beginning}»")


def pause(duration_s: float) -> Signal:
    """Return digital silence at 16 kHz."""
    return np.zeros(round(duration_s * 16_000), np.float32)


def recognised(
    services: Services, path: Path, *signals: Signal, language: str = "ru"
) -> Transcript:
    """Return the transcript of the signals, one after another on one channel."""
    write_wav(path, [np.concatenate(signals)])
    job = transcribe(services.backend.url, path, language=language, word_timestamps=True)
    assert job.status is JobStatus.COMPLETED, job.error
    assert job.result is not None
    return job.result


def n_occurrences(word: str, text: str) -> int:
    """Count a word, also where a letter or two are wrong."""
    return sum(SequenceMatcher(None, word, each).ratio() >= 0.75 for each in words(text))


def text_between(result: Transcript, start: float, end: float) -> str:
    """Return the words whose middle lies between the times."""
    timed = [word for segment in result.segments for word in segment.words or []]
    return " ".join(word.word for word in timed if start <= (word.start + word.end) / 2 < end)


@pytest.mark.parametrize("n_times", [3, 5])
def test_a_sentence_is_written_as_often_as_it_is_said(
    services: Services, tmp_path: Path, n_times: int
) -> None:
    sentence = spoken("woman_ru", "Вы ввели предельно")
    result = recognised(services, tmp_path / "repeated.wav", *[sentence] * n_times)
    assert n_occurrences("предельно", result.text) == n_times, (result.text, result.report)


def test_a_party_that_is_20_db_quieter_keeps_its_words(services: Services, tmp_path: Path) -> None:
    quiet = spoken("woman_ru", "Вы не можете ответить") * np.float32(10 ** (QUIET_DB / 20))
    loud = spoken("man_ru", "Таким молодчикам")
    alone = recognised(services, tmp_path / "alone.wav", quiet)
    both = recognised(services, tmp_path / "both.wav", loud, pause(0.8), quiet, pause(0.8), loud)
    start = (len(loud) / 16_000) + 0.4
    heard = text_between(both, start, start + 0.8 + len(quiet) / 16_000)
    expected = words(alone.text)
    assert len(expected) >= 8
    lost = [word for word in expected if not n_occurrences(word, heard)]
    assert len(lost) <= 2, (alone.text, both.text, both.report)


def test_a_sentence_in_another_language_is_written_in_it(
    services: Services, tmp_path: Path
) -> None:
    shared_speech()
    russian, english = spoken("man_ru", "Таким молодчикам"), spoken("fleurs_en", "the hospital")
    result = recognised(
        services, tmp_path / "mixed.wav", russian, pause(1), english, pause(1), russian,
        language="auto",
    )  # fmt: skip
    start = len(russian) / 16_000 + 0.5
    end = start + 1 + len(english) / 16_000
    middle = text_between(result, start, end)
    assert len(re.findall("[A-Za-z]{3,}", middle)) >= 8, (result.text, result.report)
    for outer in (text_between(result, 0, start), text_between(result, end, result.duration_s)):
        assert len(re.findall("[А-Яа-яё]{3,}", outer)) >= 4, (result.text, result.report)


def test_a_wrong_language_is_noticed_and_mended_without_another_upload(
    services: Services, tmp_path: Path
) -> None:
    """English speech with the Russian default gives fluent nonsense that looks Russian."""
    shared_speech()
    path = tmp_path / "english.wav"
    write_wav(path, [spoken("fleurs_en", "the hospital")])
    wrong = transcribe(services.backend.url, path, language="ru")
    assert (wrong.language, wrong.detected_language) == ("ru", "en")
    url = f"{services.backend.url}/v1/transcriptions/{wrong.id}/repeat"
    answer = httpx.post(url, json={"language": "en"}, timeout=60)
    assert answer.status_code == 202, answer.text
    right = ended(services.backend.url + answer.headers["Location"])
    assert (right.language, right.detected_language) == ("en", "en")
    assert right.result is not None
    assert n_occurrences("hospital", right.result.text) == 1
    assert right.file.sha256 == wrong.file.sha256


def test_music_before_speech_has_no_words(services: Services, tmp_path: Path) -> None:
    music = np.concatenate(
        [sum(tone(CHORD_S, hertz=note, level=0.15) for note in chord) for chord in CHORDS]
    )
    speech = spoken("woman_ru", "Вы ввели предельно")
    result = recognised(services, tmp_path / "music.wav", music, speech)
    music_s = len(music) / 16_000
    assert words(text_between(result, 0, music_s - 0.3)) == []
    assert n_occurrences("предельно", result.text) == 1, (result.text, result.report)
    on_music = {item.kind for item in result.report if item.end <= music_s + 0.3}
    assert on_music <= {ReportKind.MUSIC}
