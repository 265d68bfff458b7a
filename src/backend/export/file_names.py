"""The names of exported files."""

import re
import unicodedata
from itertools import chain, count
from pathlib import PurePath

from contracts.exports import ExportFormat
from contracts.jobs import Job

_MAX_STEM_BYTES = 180
"""Most file systems end at 255 bytes a name; a number and an ending are added to the stem."""

_forbidden = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_is_reserved = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE).fullmatch


def file_name(job: Job, kind: ExportFormat) -> str:
    """Return the name of a job's exported transcript: its title, else the recording's name."""
    return f"{job.title or PurePath(job.file.name).stem}.{kind}"


def portable_name(name: str, taken: set[str]) -> str:
    """Return a name that every file system accepts, and add it to those taken.

    It is numbered where another name differs by case alone. Source: Microsoft, "Naming Files,
    Paths, and Namespaces".

    Args:
        taken: the case-folded names of the other files in the folder.
    """
    path = PurePath(_forbidden.sub("_", unicodedata.normalize("NFC", name)))
    stem = path.stem.encode()[:_MAX_STEM_BYTES].decode(errors="ignore").strip(" .") or "_"
    if _is_reserved(stem):
        stem = f"_{stem}"
    numbers = chain([""], (f" ({number})" for number in count(2)))
    names = (f"{stem}{number}{path.suffix}" for number in numbers)
    free = next(each for each in names if each.casefold() not in taken)
    taken.add(free.casefold())
    return free
