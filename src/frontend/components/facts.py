"""Lists of named values; user content is safe as a value."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from frontend.components.web_component import web_component

_facts = web_component("facts")


@dataclass(frozen=True)
class Fact:
    """A named value with an optional remark."""

    name: str
    value: str
    remark: str = ""


def show_facts(key: str, title: str, facts: Sequence[Fact], *, large: bool = False) -> None:
    """Show facts under a heading; skip those without a value.

    Args:
        key: unique on the page.
        title: the heading.
        facts: in reading order.
        large: whether to emphasise the values.
    """
    shown = [asdict(fact) for fact in facts if fact.value]
    _facts(key=f"facts-{key}", data={"title": title, "facts": shown, "large": large})
