"""The page's scripts must not turn user content into markup."""

import re

from frontend.components.web_component import WEB


def test_scripts_insert_text_never_markup():
    """Otherwise a file name or a transcript could become markup."""
    scripts = list(WEB.rglob("*.js"))
    assert scripts
    markup = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|Function\("
    )
    assert [path.name for path in scripts if markup.search(path.read_text("utf-8"))] == []
