"""Components of our own, whose modules the browser fetches from the page's server."""

import json
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

WEB = Path(__file__).parents[1] / "web"
"""Static files, served under `/page/`."""


def web_component(name: str) -> ComponentRenderer:
    """Return the component of a folder of `web/`, whose files have the folder's name.

    Markup and style go with the page, so that it does not jump when the module arrives. What
    the module returns is called when the component leaves the page.
    """
    address = json.dumps(f"/page/{name}/{name}.js")
    # Streamlit takes a single line for the name of a file
    loader = (
        "export default async (component) => {\n"
        f"  const module = await import(new URL({address}, location.origin));\n"
        "  return module.default(component);\n"
        "};\n"
    )
    folder = WEB / name
    return st.components.v2.component(
        name,
        html=(folder / f"{name}.html").read_text(encoding="utf-8"),
        css="\n".join(each.read_text(encoding="utf-8") for each in sorted(folder.glob("*.css"))),
        js=loader,
    )
