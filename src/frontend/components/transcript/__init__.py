"""The text of a recording, as one piece or phrase by phrase.

Components of our own, since Streamlit's would read Markdown into the text or cut it short:
here it reaches the browser as data, and the page as text nodes, so it cannot become markup.
"""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from contracts.transcription import Segment
from frontend.i18n import Translator
from frontend.i18n.translator import timecode

_HERE = Path(__file__).parent


def _source(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_text = st.components.v2.component(
    "transcript_text",
    html=_source("text.html"),
    css=_source("text.css"),
    js=_source("text.js"),
)
_segments = st.components.v2.component(
    "transcript_segments",
    html=_source("segments.html"),
    css=_source("segments.css"),
    js=_source("segments.js"),
)


def show_text(t: Translator, text: str) -> None:
    """Show the whole text, with a button that copies it."""
    labels = {"copy": t("result.copy"), "copied": t("result.copied")}
    _text(key="transcript-text", data={"text": text, "labels": labels})


def show_segments(t: Translator, segments: Sequence[Segment]) -> None:
    """Show each phrase with its times."""
    _segments(key="transcript-segments", data=_segment_data(t, segments, follow=False))


def show_segments_so_far(t: Translator, segments: Sequence[Segment]) -> None:
    """Show the phrases so far in a box that keeps the newest in sight."""
    _segments(key="transcript-so-far", data=_segment_data(t, segments, follow=True))


def _segment_data(t: Translator, segments: Sequence[Segment], *, follow: bool) -> dict[str, object]:
    return {
        "follow": follow,
        "labels": [t("result.start"), t("result.end"), t("result.phrase")],
        "rows": [
            [timecode(segment.start), timecode(segment.end), segment.text.strip()]
            for segment in segments
        ],
    }
