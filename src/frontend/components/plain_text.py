"""Text that others wrote: shown as it is, never read as Markdown or HTML."""

import streamlit as st


def small_plain_text(text: str, key: str) -> None:
    """Show text literally, smaller than what stands above it.

    Args:
        text: anything: a file's name, a model's name, a message.
        key: tells this text from the others on the page; `page_style` has a rule for them all.
    """
    with st.container(key=f"plain-{key}"):
        st.text(text)
