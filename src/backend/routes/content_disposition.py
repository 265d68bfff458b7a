"""The header that gives a download its name."""

from urllib.parse import quote

from anyascii import anyascii

_NO_FOLDERS = str.maketrans("/\\", "__")


def attachment(name: str, extension: str) -> str:
    """Return `Content-Disposition` for a file that is to be saved under a name.

    Source: RFC 6266, section 5, and appendix D for the two forms of the name: transliterated
    for clients that read ASCII only, such as `curl -OJ`; UTF-8 (RFC 8187) for all others.
    """
    name = f"{name}.{extension}".translate(_NO_FOLDERS)
    plain = "".join(_plain(character) for character in anyascii(name))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _plain(character: str) -> str:
    """Return what cannot end the quoted name, lead out of the folder or be taken for a code."""
    return character if character.isprintable() and character not in '"\\/:<>|*?%' else "_"
