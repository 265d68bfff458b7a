"""The recordings that the other tests rely on are what they are said to be."""

import wave
from pathlib import Path

import pytest

import speech_corpus
from speech_corpus import Recording, concatenated, russian_sentences


def _duration_s(path: Path) -> float:
    with wave.open(str(path)) as recording:
        return recording.getnframes() / recording.getframerate()


def test_sentences_come_in_one_order_and_have_words():
    """Else a figure measured on "the first n" could not be measured again."""
    sentences = russian_sentences(5)
    assert sentences == russian_sentences(5)
    assert len({sentence.path for sentence in sentences}) == 5
    for sentence in sentences:
        assert len(sentence.text.split()) >= 3
        assert "+" not in sentence.text
        assert _duration_s(sentence.path) >= 3


@pytest.mark.slow
def test_debian_package_serves_where_nothing_lies_beside_the_repository(tmp_path, monkeypatch):
    """Else only the machine of the authors could run the tests of speech."""
    monkeypatch.setattr(speech_corpus, "_SHARED", tmp_path / "none")
    sentences = russian_sentences(40)
    assert all(sentence.path.is_file() for sentence in sentences)
    assert all("+" not in sentence.text and sentence.text for sentence in sentences)


def test_concatenated_keeps_every_recording_and_adds_the_pauses():
    sentences = russian_sentences(2)
    joined = concatenated(sentences, pause_s=1.5)
    expected_s = sum(_duration_s(sentence.path) for sentence in sentences) + 2 * 1.5
    assert _duration_s(joined) == pytest.approx(expected_s, abs=0.001)
    assert concatenated(sentences, pause_s=1.5) == joined
    assert concatenated([*sentences, *sentences], pause_s=0) != joined


def test_more_sentences_than_there_are_is_an_error(tmp_path, monkeypatch):
    """Else a test over "100 sentences" would pass over three; short ones do not count."""
    second = tmp_path / "second.wav"
    with wave.open(str(second), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16_000))
    for source in ("_shared_sentences", "_packaged_sentences"):
        monkeypatch.setattr(speech_corpus, source, lambda: [Recording(second, "да")])
    with pytest.raises(ValueError, match="only 0 sentences"):
        russian_sentences(1)
