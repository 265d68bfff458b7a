"""Text that others wrote: shown as it is, never read as Markdown or HTML."""

from typing import Literal

import streamlit as st

Role = Literal["title", "note", "small"]


def plain_text(text: str, role: Role, key: str) -> None:
    """Show text literally.

    Args:
        text: anything: a file's name, a model's name, a message.
        role: how it looks; `page_style` has a rule for each.
        key: tells this text from the others of the same role on the page.
    """
    with st.container(key=f"plain-{role}-{key}"):
        st.text(text)
