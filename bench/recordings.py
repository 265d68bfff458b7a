"""The recordings that are measured, with what is said in them."""

import json
from dataclasses import dataclass
from pathlib import Path

import av


@dataclass(frozen=True)
class Recording:
    """A file, its length and its text."""

    path: Path
    text: str
    duration_s: float


def with_reference(path: Path) -> Recording:
    """Return a recording whose text lies beside it.

    The text is in `NAME.txt`, or in `NAME.segments.json` as a list of `{"text": …}`.

    Raises:
        FileNotFoundError: neither is there.
    """
    segments = path.with_name(f"{path.name}.segments.json")
    if segments.exists():
        rows = json.loads(segments.read_text(encoding="utf-8"))
        text = " ".join(row["text"] for row in rows)
    else:
        text = path.with_name(f"{path.name}.txt").read_text(encoding="utf-8")
    return Recording(path, text, duration_s(path))


def duration_s(path: Path) -> float:
    """Return what the file's header says of its length."""
    with av.open(str(path)) as container:
        return (container.duration or 0) / av.time_base
