"""Russian texts with an editor's marks and their recordings, from Debian packages."""

import gzip
import re

from testbed.debian_packages import unpacked
from testbed.speech import Sentence, packaged_sentences

_TEXTS = "usr/share/doc/asterisk-core-sounds-ru/core-sounds-ru.txt.gz"
_PROMPT = re.compile(r"^(?P<name>[\w/-]+): (?P<text>[^\[\]\n]+)$", re.MULTILINE)
_MIN_WORDS = 3


def telephone_prompts() -> list[Sentence]:
    """Return the prompts of at least three words of asterisk-core-sounds-ru, read by a woman.

    Raises: PackagesUnavailableError: they cannot be downloaded.
    """
    folder = unpacked("asterisk-core-sounds-ru", "^asterisk-core-sounds-ru(-wav)?$")
    texts = gzip.decompress((folder / _TEXTS).read_bytes()).decode()
    (sounds,) = (folder / "usr/share/asterisk/sounds").iterdir()
    found = [
        Sentence(sounds / f"{match['name']}.wav", match["text"].strip())
        for match in _PROMPT.finditer(texts)
    ]
    return [each for each in found if each.path.is_file() and len(each.text.split()) >= _MIN_WORDS]


def questions() -> list[Sentence]:
    """Return the sentences of festvox-ru with a question, whose other marks are pauses.

    Raises: PackagesUnavailableError: they cannot be downloaded.
    """
    return [each for each in packaged_sentences() if "?" in each.text]
