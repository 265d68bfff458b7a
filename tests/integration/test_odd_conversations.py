"""If these fail, asking who speaks makes a text worse, or an odd recording has no result."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import pytest

from audio_files import Signal, noise, tone, write_wav
from contracts.jobs import Job, JobStatus
from integration.client import transcribe
from testbed.conversations import SAMPLE_RATE, sentences_of
from testbed.debian_packages import PackagesUnavailableError
from testbed.services import Services

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Voices:
    """Some sentences of two people, each of a few seconds."""

    man: list[Signal]
    woman: list[Signal]

    @property
    def talk(self) -> Signal:
        """Return both in turn."""
        return joined([self.man[0], self.woman[0], self.man[1], self.woman[1]])


@pytest.fixture(scope="module")
def voices() -> Voices:
    try:
        people = [sentences_of(person) for person in ("man_ru", "woman_ru")]
    except PackagesUnavailableError as error:
        pytest.skip(str(error))
    man, woman = (
        [samples for samples, _ in sentences if 2 < len(samples) / SAMPLE_RATE < 6]
        for sentences in people
    )
    return Voices(man, woman)


def joined(parts: list[Signal], pause_s: float = 0.4) -> Signal:
    pause = np.zeros(round(pause_s * SAMPLE_RATE), np.float32)
    return np.concatenate([piece for part in parts for piece in (pause, part)] + [pause])


def at_pitch(samples: Signal, factor: float) -> Signal:
    """Speak faster and higher, as another person."""
    return librosa.resample(samples, orig_sr=SAMPLE_RATE * factor, target_sr=SAMPLE_RATE)


def crowd(voices: Voices) -> Signal:
    """Return twenty voices of two seconds, made of two."""
    return joined(
        [
            at_pitch(person[0][: 2 * SAMPLE_RATE], pitch)
            for pitch in np.linspace(0.75, 1.3, 10)
            for person in (voices.man, voices.woman)
        ]
    )


def coughing(voices: Voices) -> Signal:
    cough = noise(0.4, level=0.3) * np.hanning(round(0.4 * SAMPLE_RATE)).astype(np.float32)
    return joined([voices.man[0], cough, voices.man[1]])


def chords(_: Voices) -> Signal:
    return np.sum([tone(8, hertz=hertz, level=0.1) for hertz in (220, 277, 330, 440)], axis=0)


@dataclass(frozen=True)
class Odd:
    """A recording, what is asked for, and how many speakers it may have.

    Attributes:
        make: returns its channels.
        kept: share of the file that is sent.
    """

    make: Callable[[Voices], list[Signal]]
    n_speakers: range
    diarization: str = "auto"
    num_speakers: int | None = None
    sample_rate: int = SAMPLE_RATE
    kept: float = 1.0


NOBODY, ONE, TWO = range(1), range(1, 2), range(2, 3)
ODD = {
    "one speaker": Odd(lambda voices: [joined(voices.man[:3])], ONE),
    "silence": Odd(lambda _: [np.zeros(5 * SAMPLE_RATE, np.float32)], NOBODY),
    "music": Odd(lambda voices: [chords(voices)], range(2)),
    "a cough": Odd(lambda voices: [coughing(voices)], ONE),
    "twenty speakers": Odd(lambda voices: [crowd(voices)], range(2, 21), "voice"),
    "twenty speakers, given": Odd(lambda voices: [crowd(voices)], range(2, 21), "voice", 20),
    "fewer than given": Odd(lambda voices: [voices.talk], TWO, "voice", 20),
    "more than given": Odd(lambda voices: [voices.talk], ONE, "voice", 1),
    "two people of one voice": Odd(
        lambda voices: [joined(voices.man[:4])], range(1, 3), "voice", 2
    ),
    "an empty channel": Odd(lambda voices: [voices.talk, np.zeros_like(voices.talk)], TWO),
    "all channels empty but one": Odd(
        lambda voices: [voices.talk, np.zeros_like(voices.talk)], ONE, "channel"
    ),
    "opposite phase": Odd(lambda voices: [voices.talk, -voices.talk], TWO),
    "8 kHz": Odd(
        lambda voices: [librosa.resample(voices.talk, orig_sr=SAMPLE_RATE, target_sr=8000)],
        TWO,
        sample_rate=8000,
    ),
    "a cut file": Odd(lambda voices: [voices.talk], range(1, 3), kept=0.6),
}


@pytest.mark.parametrize("name", ODD)
def test_a_text_has_the_same_words_in_the_same_order_as_without_speakers(
    services: Services, voices: Voices, tmp_path: Path, name: str
) -> None:
    odd = ODD[name]
    path = write_wav(tmp_path / "a.wav", odd.make(voices), sample_rate=odd.sample_rate)
    content = path.read_bytes()
    path.write_bytes(content[: round(odd.kept * len(content))])
    options: dict[str, object] = {"word_timestamps": True}
    plain = transcribe(services.backend.url, path, **options)
    options["diarization"] = odd.diarization
    if odd.num_speakers is not None:
        options["num_speakers"] = odd.num_speakers
    spoken = transcribe(services.backend.url, path, **options)
    assert (spoken.status, spoken.error) == (JobStatus.COMPLETED, None)
    assert words_of(spoken) == words_of(plain)
    assert spoken.result
    assert len(spoken.result.speakers) in odd.n_speakers
    known = {one.id for one in spoken.result.speakers}
    assert {segment.speaker for segment in spoken.result.segments} == known


def words_of(job: Job) -> list[str]:
    assert job.result
    segments = job.result.segments
    words = [word.word for segment in segments for word in segment.words or []]
    assert " ".join(words).split() == " ".join(segment.text for segment in segments).split()
    return words
