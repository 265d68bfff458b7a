"""What Streamlit's themes cannot say: widths and quiet text."""

from pathlib import Path

import streamlit as st

_STYLE = Path(__file__).with_name("page_style.css").read_text(encoding="utf-8")


def apply_page_style() -> None:
    """Give the page its style sheet."""
    st.html(f"<style>{_STYLE}</style>")
