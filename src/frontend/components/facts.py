"""Names and what they stand for, as a list of descriptions; the values may be anybody's words."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from frontend.components.web_component import web_component

_facts = web_component("facts")


@dataclass(frozen=True)
class Fact:
    """A name, what it stands for, and a remark on it."""

    name: str
    value: str
    remark: str = ""


def show_facts(key: str, title: str, facts: Sequence[Fact], *, large: bool = False) -> None:
    """Show facts under a heading; those without a value are left out.

    Args:
        key: tells these from the others on the page.
        title: the heading.
        facts: in the order in which they are read.
        large: whether the values are what one looks for first.
    """
    shown = [asdict(fact) for fact in facts if fact.value]
    _facts(key=f"facts-{key}", data={"title": title, "facts": shown, "large": large})
