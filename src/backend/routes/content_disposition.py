"""The header that names a download."""

from urllib.parse import quote

from anyascii import anyascii

_NO_FOLDERS = str.maketrans("/\\", "__")


def attachment(name: str) -> str:
    """Return `Content-Disposition` for a file that is to be saved under a name.

    Source: RFC 6266, section 5, and appendix D for the two forms of the name: transliterated
    for clients that read ASCII only, such as `curl -OJ`; UTF-8 (RFC 8187) for all others.
    """
    name = name.translate(_NO_FOLDERS)
    plain = "".join(_plain(character) for character in anyascii(name))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _plain(character: str) -> str:
    """Replace what would end the quoted name, leave the folder or be read as an escape."""
    return character if character.isprintable() and character not in '"\\/:<>|*?%' else "_"
