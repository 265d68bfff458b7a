"""What the uploader's scripts say."""

import re
from pathlib import Path

import frontend
from frontend.i18n import Language
from frontend.i18n.translator import TEXTS

WEB = Path(frontend.__file__).parent / "web"
SOURCE = "\n".join(
    script.read_text(encoding="utf-8") for script in sorted((WEB / "uploader").glob("*.js"))
)
LABELS = {key for key in TEXTS[Language.RU] if key.startswith("uploader.")}


def test_the_scripts_find_every_label_of_theirs_and_have_no_other():
    """A label that is missing would stop the page; one that nobody shows is dead."""
    named = set(re.findall(r'"(uploader\.[a-z_.]+)"', SOURCE))
    put_together = [
        re.compile(re.sub(r"\\\$\\\{.*?\\\}", "[a-z_]+", re.escape(template)))
        for template in re.findall(r"`(uploader\.[^`]*)`", SOURCE)
    ]
    assert named - LABELS == set()
    advice = {f"{key}.next" for key in named}  # a title and its advice go together
    unused = {
        key for key in LABELS - named - advice if not any(p.fullmatch(key) for p in put_together)
    }
    assert unused == set()


def test_every_state_that_is_put_together_has_its_words():
    levels = set(re.findall(r'\[-?\w+, "(\w+)"\]', SOURCE)) - {"webm", "ogg"}
    assert {f"uploader.loudness.{level}" for level in levels} <= LABELS
    assert {"uploader.after_louder", "uploader.after_quieter"} <= LABELS
