"""The texts that the page's scripts ask for are those that the server sends them.

A text that is missing stops the script that asks for it.
"""

import re
from pathlib import Path

import pytest

from frontend.components import reader, uploader
from frontend.components.web_component import WEB
from frontend.i18n import Language
from frontend.i18n.translator import TEXTS

LABELS = set(TEXTS[Language.RU])
SENT = {
    "reader": {key for key in LABELS if key.startswith(reader._TEXT_PREFIXES)},
    "uploader": {key for key in LABELS if key.startswith(uploader._TEXT_PREFIXES)},
}
ASKED_FOR = {"reader": "reader.loading", "uploader": "uploader.drop"}
"""A key of each component that is certain to be found, so that the search is seen to work."""


def _source(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js")))


def _keys(source: str) -> set[str]:
    return set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)+)"', source))


def _key_patterns(source: str) -> list[re.Pattern[str]]:
    """Return a pattern for each key that is put together, such as `stage.${stage}`."""
    templates = re.findall(r"`([a-z_]+\.[a-z_.]*\$\{[^`\s]*)`", source)
    return [
        re.compile(re.sub(r"\\\$\\\{.*?\\\}", "[a-z0-9_]+", re.escape(template)))
        for template in templates
    ]


@pytest.mark.parametrize("component", sorted(SENT))
def test_each_text_that_a_component_asks_for_is_sent_to_it(component: str):
    source = _source(WEB / component)
    keys = _keys(source)
    assert ASKED_FOR[component] in keys
    assert keys - SENT[component] == set()
    patterns = _key_patterns(source)
    assert patterns != []
    assert [
        pattern.pattern
        for pattern in patterns
        if not any(pattern.fullmatch(key) for key in SENT[component])
    ] == []


def test_each_text_that_the_common_scripts_ask_for_exists():
    keys = _keys(_source(WEB / "common"))
    assert {"time_left.moments", "problem.internal"} <= keys
    assert keys - LABELS == set()


def test_the_uploader_uses_each_of_its_texts():
    source = _source(WEB / "uploader")
    keys = _keys(source)
    used = keys | {f"{key}.next" for key in keys}  # a title and its advice go together
    patterns = _key_patterns(source)
    labels = {key for key in LABELS if key.startswith("uploader.")}
    assert labels & used != set()
    assert [
        key for key in labels - used if not any(pattern.fullmatch(key) for pattern in patterns)
    ] == []
