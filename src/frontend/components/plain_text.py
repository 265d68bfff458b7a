"""User and backend text, shown literally: never parsed as Markdown or HTML."""

import streamlit as st


def small_plain_text(text: str, key: str) -> None:
    """Show text literally in a small size.

    Args:
        text: any text, such as a file name or an error message.
        key: unique on the page; `page.css` styles all keys that begin with `plain-`.
    """
    with st.container(key=f"plain-{key}"):
        st.text(text)
