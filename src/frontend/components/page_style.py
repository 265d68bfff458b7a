"""Styles that Streamlit's themes cannot express."""

from pathlib import Path

import streamlit as st

_STYLE = Path(__file__).with_name("page_style.css").read_text(encoding="utf-8")


def apply_page_style() -> None:
    """Add the style sheet to the page."""
    st.html(f"<style>{_STYLE}</style>")
