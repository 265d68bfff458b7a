"""Browser components whose JavaScript modules are served from `web/`."""

import json
from pathlib import Path

from streamlit.components import v2
from streamlit.components.v2.types import ComponentRenderer

WEB = Path(__file__).parents[1] / "web"
"""Static files, served under `/page/`."""


def web_component(name: str) -> ComponentRenderer:
    """Return the component in the folder `web/<name>`, whose files have the folder's name.

    Markup and style are sent with the page, so that the layout does not shift when the module
    loads. The function that the module returns runs when the component is removed.
    """
    address = json.dumps(f"/page/{name}/{name}.js")
    # Streamlit takes a single line for a file name, so this has several
    loader = (
        "export default async (component) => {\n"
        f"  const module = await import(new URL({address}, location.origin));\n"
        "  return module.default(component);\n"
        "};\n"
    )
    folder = WEB / name
    styles = [*(WEB / "common").glob("*.css"), *sorted(folder.glob("*.css"))]
    return v2.component(
        name,
        html=(folder / f"{name}.html").read_text(encoding="utf-8"),
        css="\n".join(each.read_text(encoding="utf-8") for each in styles),
        js=loader,
    )
