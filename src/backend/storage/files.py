"""Received recordings, their ids and their display names."""

import re
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MAX_NAME_CHARS = 255
"""The limit of common file systems, so that a file can be saved under its name."""

DEFAULT_NAME = "recording"
"""Display name of a file whose own name is missing or has no visible character."""

_MAX_SUFFIX_CHARS = 16
_is_id = re.compile(r"[0-9a-f]{32}").fullmatch
_bidi_controls = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_hidden_categories = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True)
class StoredFile:
    """A recording received completely.

    Attributes:
        path: the file, named by an id.
        name: the client's file name, cleaned by `display_name`.
        sha256: of the content, hexadecimal.
    """

    path: Path
    name: str
    size_bytes: int
    sha256: str


def new_id() -> str:
    """Return a random id for a file or an upload."""
    return uuid.uuid4().hex


def is_id(text: str) -> bool:
    """Return whether a text has the form of an id and is therefore safe in a path."""
    return _is_id(text) is not None


def display_name(client_name: str | None) -> str:
    """Return a client's file name without folders, control and bidirectional characters.

    Returns: 1 to `MAX_NAME_CHARS` characters in NFC; a name that is cut keeps its extension.
    """
    last_part = re.split(r"[/\\]", client_name or "")[-1]
    visible = "".join(c for c in last_part if not _is_hidden(c))
    name = unicodedata.normalize("NFC", visible).strip()
    if not name.strip("."):
        return DEFAULT_NAME
    suffix = PurePosixPath(name).suffix
    if len(name) <= MAX_NAME_CHARS or len(suffix) > _MAX_SUFFIX_CHARS:
        return name[:MAX_NAME_CHARS]
    return name[: MAX_NAME_CHARS - len(suffix)] + suffix


def _is_hidden(character: str) -> bool:
    return character in _bidi_controls or unicodedata.category(character) in _hidden_categories
