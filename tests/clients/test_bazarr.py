"""If these fail, bazarr makes no subtitles with these services.

`Provider` sends the requests of bazarr's `whisperai` provider, in its own words: the provider is
GPL and needs bazarr around it.
Source: https://github.com/morpheus65535/bazarr, `custom_libs/subliminal_patch/providers`.
"""

import wave
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import srt

from speech_corpus import russian_sentences
from spoken_words import wer
from testbed.services import Services
from testbed.speech import concatenated

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Provider:
    """Sends raw samples, which bazarr takes from a film with ffmpeg, and waits for the answer."""

    endpoint: str

    def detect_language(self, samples: bytes, video: str | None) -> tuple[str, str]:
        params = {"encode": "false", **self._name(video)}
        found = self._post("detect-language", params, samples).json()
        return found["language_code"], found["detected_language"]

    def subtitles(self, samples: bytes, task: str, language: str, video: str | None) -> str:
        params = {"task": task, "language": language, "output": "srt", "encode": "false"}
        return self._post("asr", params | self._name(video), samples).text

    def _name(self, video: str | None) -> dict[str, str]:
        return {"video_file": video} if video else {}

    def _post(self, path: str, params: dict[str, str], samples: bytes) -> httpx.Response:
        files = {"audio_file": ("audio_file", samples)}
        url = f"{self.endpoint}/{path}"
        return httpx.post(url, params=params, files=files, timeout=300).raise_for_status()


@pytest.fixture(scope="module")
def provider(services: Services) -> Provider:
    return Provider(services.backend.url)


@pytest.fixture(scope="module")
def film() -> tuple[bytes, str]:
    """Return the samples of two sentences, and their text."""
    sentences = russian_sentences(2)
    with wave.open(str(concatenated(sentences, pause_s=1.0))) as file:
        return file.readframes(file.getnframes()), " ".join(each.text for each in sentences)


def test_the_language_of_a_film_is_found(provider: Provider, film: tuple[bytes, str]) -> None:
    assert provider.detect_language(film[0], None) == ("ru", "russian")


def test_a_film_gets_subtitles_and_its_name_in_the_history(
    provider: Provider, film: tuple[bytes, str]
) -> None:
    samples, text = film
    video = str(Path("/films") / "Сталкер (1979).mkv")
    cues = list(srt.parse(provider.subtitles(samples, "transcribe", "ru", video)))
    assert wer(text, " ".join(cue.content for cue in cues)) <= 0.35
    assert cues[-1].end.total_seconds() <= len(samples) / 32_000 + 0.01
    newest = httpx.get(f"{provider.endpoint}/v1/transcriptions?limit=1").json()["items"][0]
    assert newest["file"]["name"] == "Сталкер (1979).mkv"


def test_a_film_is_translated_to_english(provider: Provider, film: tuple[bytes, str]) -> None:
    cues = list(srt.parse(provider.subtitles(film[0], "translate", "ru", None)))
    letters = [c for cue in cues for c in cue.content if c.isalpha()]
    assert sum(c.isascii() for c in letters) > 0.9 * len(letters) > 0
