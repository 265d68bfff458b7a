"""Recordings with their reference texts."""

import json
from dataclasses import dataclass
from pathlib import Path

import av


@dataclass(frozen=True)
class Recording:
    """A file, its reference text and its length in seconds."""

    path: Path
    text: str
    duration_s: float


@dataclass(frozen=True)
class Spoken:
    """A recording of the manifest."""

    path: Path
    text: str
    language: str


def with_reference(path: Path) -> Recording:
    """Return a recording with the text from the file beside it.

    `NAME.segments.json` is a list of `{"text": …}`; `NAME.txt` is plain text.

    Raises:
        FileNotFoundError: neither file exists.
    """
    segments = path.with_name(f"{path.name}.segments.json")
    if segments.exists():
        rows = json.loads(segments.read_text(encoding="utf-8"))
        text = " ".join(row["text"] for row in rows)
    else:
        text = path.with_name(f"{path.name}.txt").read_text(encoding="utf-8")
    return Recording(path, text, duration_s(path))


def duration_s(path: Path) -> float:
    """Return the length in seconds according to the file's header."""
    with av.open(str(path)) as container:
        return (container.duration or 0) / av.time_base


def read_manifest(manifest: Path) -> list[Spoken]:
    """Return the recordings of a manifest.

    Raises: SystemExit: a line is no recording, or there is none.
    """
    recordings: list[Spoken] = []
    for number, line in enumerate(manifest.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
            path, text = manifest.parent / one["file"], str(one["text"])
            language = str(one.get("language", "ru"))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SystemExit(f"{manifest}, line {number}: not {{file, text}} in JSON") from None
        if not path.is_file():
            raise SystemExit(f"{manifest}, line {number}: there is no file {path}")
        if not any(character.isalnum() for character in text):
            raise SystemExit(f"{manifest}, line {number}: the text has no words")
        recordings.append(Spoken(path, text, language))
    if not recordings:
        raise SystemExit(f"{manifest} has no recordings")
    return recordings
