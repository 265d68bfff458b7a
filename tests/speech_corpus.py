"""Real speech with its text, to test with; a test that cannot have it is skipped by name.

Nothing of it lies in the repository: it comes from a folder of recordings beside it, if
there is one, else from Debian's package `festvox-ru` (Russian, read by one man, 16 kHz
mono).
"""

import hashlib
import json
import re
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from debian_packages import CACHE, unpacked

_REPOSITORY = Path(__file__).resolve().parent.parent
_SHARED = _REPOSITORY.parent / "shared" / "speech"
_PACKAGE = "festvox-ru"
_VOICE = Path("usr/share/festival/voices/russian/msu_ru_nsh_clunits")
_SENTENCE = re.compile(r'^\( (?P<name>\w+) "(?P<text>.*)" \)$', re.MULTILINE)
_SHORTEST_S = 3.0


@dataclass(frozen=True)
class Recording:
    """A recording and what is said in it; its punctuation marks pauses: score words only."""

    path: Path
    text: str


def shared_speech() -> Path:
    """Return the folder of recordings beside the repository, or skip the test."""
    if not (_SHARED / "manifest.jsonl").is_file():
        pytest.skip("no ../shared/speech/manifest.jsonl")
    return _SHARED


def russian_sentences(n: int) -> list[Recording]:
    """Return the first n sentences of festvox-ru, of 3 s and more, always in the same order."""
    sentences = _long_enough(_shared_sentences())
    if len(sentences) < n:
        sentences = _long_enough(_packaged_sentences())
    if len(sentences) < n:
        raise ValueError(f"{_PACKAGE} has only {len(sentences)} sentences of {_SHORTEST_S} s")
    return sentences[:n]


def concatenated(recordings: Sequence[Recording], pause_s: float) -> Path:
    """Return a WAV file of the recordings one after another, with silence after each.

    The same recordings give the same file; it lies in `.cache/` and is not to be changed.
    """
    key = hashlib.sha256(f"{pause_s} {[str(each.path) for each in recordings]}".encode())
    target = CACHE / "concatenated" / f"{key.hexdigest()[:16]}.wav"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as unfinished:
            _write_concatenated(unfinished.name, recordings, pause_s)
        Path(unfinished.name).replace(target)
    return target


def _write_concatenated(path: str, recordings: Sequence[Recording], pause_s: float) -> None:
    with wave.open(path, "wb") as target:
        for index, recording in enumerate(recordings):
            with wave.open(str(recording.path)) as source:
                if index == 0:
                    target.setparams(source.getparams())
                target.writeframes(source.readframes(source.getnframes()))
                silence_frames = round(pause_s * source.getframerate())
                target.writeframes(bytes(silence_frames * source.getsampwidth()))


def _long_enough(sentences: list[Recording]) -> list[Recording]:
    return [sentence for sentence in sentences if _duration_s(sentence.path) >= _SHORTEST_S]


def _duration_s(path: Path) -> float:
    with wave.open(str(path)) as recording:
        return recording.getnframes() / recording.getframerate()


def _shared_sentences() -> list[Recording]:
    manifest = _SHARED / "manifest.jsonl"
    if not manifest.is_file():
        return []
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    return [
        Recording(_SHARED / row["file"], row["text"])
        for row in sorted(rows, key=lambda row: row["file"])
        if row["file"].startswith("ru/festvox/")
    ]


def _packaged_sentences() -> list[Recording]:
    voice = unpacked(_PACKAGE, _PACKAGE) / _VOICE
    sentences = (voice / "etc" / "txt.done.data").read_text(encoding="utf-8")
    return [
        # "+" stands before a vowel with an unusual stress
        Recording(voice / "wav" / f"{found['name']}.wav", found["text"].replace("+", ""))
        for found in _SENTENCE.finditer(sentences)
    ]
