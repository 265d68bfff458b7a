"""What Streamlit's themes cannot say: widths, quiet text, and its own English words."""

import json
from pathlib import Path

import streamlit as st

from frontend.page import Page

_STYLE = Path(__file__).with_name("page_style.css").read_text(encoding="utf-8")


def apply_page_style(page: Page) -> None:
    """Give the page its style sheet, and Streamlit's uploader and microphone our words."""
    size = page.t.file_size(page.settings.max_upload_bytes)
    words = {
        "upload-button": page.t("upload.button"),
        "upload-drop": page.t("upload.drop"),
        "upload-limit": page.t("upload.limit", size=size),
        "download-failed": page.t("result.download_failed"),
        "microphone-failed": page.t("microphone.failed"),
    }
    # a JSON string is a CSS string too: these are our own words, without control characters
    variables = "".join(
        f"--word-{name}: {json.dumps(word, ensure_ascii=False)};" for name, word in words.items()
    )
    st.html(f"<style>:root {{{variables}}}\n{_STYLE}</style>")
