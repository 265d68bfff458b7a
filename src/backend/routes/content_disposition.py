"""The header that gives a download its name."""

from pathlib import PurePath
from urllib.parse import quote


def attachment(recording_name: str, extension: str) -> str:
    """Return `Content-Disposition` for a file named after a recording.

    Source: RFC 6266, section 5, and appendix D for the two forms of the name: ASCII for old
    clients, UTF-8 (RFC 8187) for all others.
    """
    name = f"{PurePath(recording_name).stem}.{extension}"
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
