"""If this fails, a call recorded one party a channel loses words, or mixes up who says them."""

import wave
from pathlib import Path

import numpy as np
import pytest

from audio_files import write_wav
from contracts.transcription import Transcript
from integration.client import transcribe
from speech_corpus import shared_speech
from spoken_words import wer
from testbed.services import Services

pytestmark = pytest.mark.slow


def test_each_party_of_a_call_has_its_own_words_in_order(
    services: Services, tmp_path: Path
) -> None:
    def transcript(path: Path, **options: object) -> Transcript:
        result = transcribe(services.backend.url, path, **options).result
        assert result is not None
        return result

    call = shared_speech() / "derived" / "dual_channel_call.wav"
    result = transcript(call, diarization="auto")
    assert [one.id for one in result.speakers] == ["S1", "S2"]
    starts = [segment.start for segment in result.segments]
    assert starts == sorted(starts)
    speakers = [segment.speaker for segment in result.segments]
    assert speakers == sorted(speakers, key=str)  # the second speaks after the first
    with wave.open(str(call)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    for speaker, channel in zip(("S1", "S2"), samples.T, strict=True):
        alone = write_wav(tmp_path / f"{speaker}.wav", [channel / 32768], sample_rate=rate)
        said = " ".join(one.text for one in result.segments if one.speaker == speaker)
        assert wer(transcript(alone).text, said) <= 0.05
