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
