"""The sentences that other tests and the bench rely on have a fixed order, text and length."""

import wave

import pytest

from speech_corpus import russian_sentences
from testbed import speech
from testbed.speech import Sentence, concatenated, wav_duration_s


def test_sentences_come_in_one_order_and_have_words():
    """Without a fixed order a figure measured on the first n sentences cannot be reproduced."""
    sentences = russian_sentences(5)
    assert sentences == russian_sentences(5)
    assert len({sentence.path for sentence in sentences}) == 5
    for sentence in sentences:
        assert len(sentence.text.split()) >= 3
        assert "+" not in sentence.text
        assert wav_duration_s(sentence.path) >= 3


@pytest.mark.slow
def test_debian_package_replaces_the_shared_folder(tmp_path, monkeypatch):
    """Without it the speech tests run on the authors' machine only."""
    monkeypatch.setattr(speech, "SHARED", tmp_path / "none")
    sentences = russian_sentences(40)
    assert all(sentence.path.is_file() for sentence in sentences)
    assert all("+" not in sentence.text and sentence.text for sentence in sentences)


def test_concatenated_keeps_every_recording_and_adds_the_pauses():
    sentences = russian_sentences(2)
    joined = concatenated(sentences, pause_s=1.5)
    expected_s = sum(wav_duration_s(sentence.path) for sentence in sentences) + 2 * 1.5
    assert wav_duration_s(joined) == pytest.approx(expected_s, abs=0.001)
    assert concatenated(sentences, pause_s=1.5) == joined
    assert concatenated([*sentences, *sentences], pause_s=0) != joined


def test_asking_for_too_many_sentences_is_an_error(tmp_path, monkeypatch):
    """A test over "100 sentences" must not pass over three; sentences under 3 s do not count."""
    second = tmp_path / "second.wav"
    with wave.open(str(second), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16_000))
    for source in ("_shared_sentences", "packaged_sentences"):
        monkeypatch.setattr(speech, source, lambda: [Sentence(second, "да")])
    with pytest.raises(ValueError, match="only 0 sentences"):
        russian_sentences(1)
