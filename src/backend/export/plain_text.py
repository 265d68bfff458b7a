"""Text made fit for a file: one line, no control characters."""

import unicodedata


def one_line(text: str) -> str:
    """Return a text on one line, its words parted by single spaces, controls removed."""
    visible = "".join(c for c in text if c.isspace() or unicodedata.category(c) != "Cc")
    return " ".join(visible.split())
