"""Russian speech with its text: sentences of Debian's `festvox-ru`, read by one man, 16 kHz mono.

The repository holds no recordings. They come from the folder `SHARED` if it exists, otherwise
from the Debian package, downloaded into `.cache/`.
"""

import hashlib
import json
import re
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.debian_packages import CACHE, unpacked

SHARED = Path(__file__).resolve().parents[2] / "shared" / "speech"
"""A folder of recordings beside the repository, with a `manifest.jsonl`."""

_PACKAGE = "festvox-ru"
_VOICE = Path("usr/share/festival/voices/russian/msu_ru_nsh_clunits")
_SENTENCE = re.compile(r'^\( (?P<name>\w+) "(?P<text>.*)" \)$', re.MULTILINE)
_SHORTEST_S = 3.0


@dataclass(frozen=True)
class Sentence:
    """A recording and its text. The punctuation marks pauses, so compare words only."""

    path: Path
    text: str


def russian_sentences(n: int) -> list[Sentence]:
    """Return the first n sentences of at least 3 s, always in the same order.

    Raises:
        PackagesUnavailableError: the sentences cannot be downloaded.
        ValueError: there are fewer than n.
    """
    sentences = _long_enough(_shared_sentences())
    if len(sentences) < n:
        sentences = _long_enough(packaged_sentences())
    if len(sentences) < n:
        raise ValueError(f"{_PACKAGE} has only {len(sentences)} sentences of {_SHORTEST_S} s")
    return sentences[:n]


def concatenated(sentences: Sequence[Sentence], pause_s: float) -> Path:
    """Return a WAV file of the sentences in order, with silence after each.

    The same sentences give the same file. It is cached in `.cache/`: do not change it.
    """
    key = hashlib.sha256(f"{pause_s} {[str(each.path) for each in sentences]}".encode())
    target = CACHE / "concatenated" / f"{key.hexdigest()[:16]}.wav"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as unfinished:
            _write_concatenated(unfinished.name, sentences, pause_s)
        Path(unfinished.name).replace(target)
    return target


def wav_duration_s(path: Path) -> float:
    """Return the length of a WAV file in seconds."""
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


def _write_concatenated(path: str, sentences: Sequence[Sentence], pause_s: float) -> None:
    with wave.open(path, "wb") as target:
        for index, sentence in enumerate(sentences):
            with wave.open(str(sentence.path)) as source:
                if index == 0:
                    target.setparams(source.getparams())
                target.writeframes(source.readframes(source.getnframes()))
                silence_frames = round(pause_s * source.getframerate())
                target.writeframes(bytes(silence_frames * source.getsampwidth()))


def _long_enough(sentences: list[Sentence]) -> list[Sentence]:
    return [sentence for sentence in sentences if wav_duration_s(sentence.path) >= _SHORTEST_S]


def _shared_sentences() -> list[Sentence]:
    manifest = SHARED / "manifest.jsonl"
    if not manifest.is_file():
        return []
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    return [
        Sentence(SHARED / row["file"], row["text"])
        for row in sorted(rows, key=lambda row: row["file"])
        if row["file"].startswith("ru/festvox/")
    ]


def packaged_sentences() -> list[Sentence]:
    """Return all sentences of the Debian package.

    Raises: PackagesUnavailableError: it cannot be downloaded.
    """
    voice = unpacked(_PACKAGE, _PACKAGE) / _VOICE
    sentences = (voice / "etc" / "txt.done.data").read_text(encoding="utf-8")
    return [
        # "+" marks the vowel of an unusual stress.
        Sentence(voice / "wav" / f"{found['name']}.wav", found["text"].replace("+", ""))
        for found in _SENTENCE.finditer(sentences)
    ]
