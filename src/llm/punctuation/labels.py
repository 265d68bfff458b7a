"""Read the labels of token classifiers that punctuate.

Source: the model cards and inference code of RUPunct, kontur-ai/sbert_punc_case_ru and
oliverguhr/fullstop-punctuation-multilang-large.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from llm.engines.protocol import CheckpointError

_MARKS = {
    "O": "",
    "0": "",
    "PERIOD": ".",
    "COMMA": ",",
    "QUESTION": "?",
    "VOSKL": "!",
    "EXCLAMATION": "!",
    "TIRE": " —",
    "DVOETOCHIE": ":",
    "COLON": ":",
    "PERIODCOMMA": ";",
    "MNOGOTOCHIE": "…",
    "QUESTIONVOSKL": "?!",
    "DEFIS": "",
    ".": ".",
    ",": ",",
    "?": "?",
    "!": "!",
    ":": ":",
    "-": "",
}
"""Names of marks, and what is written after the word. A hyphen would join two words into one."""

_CASES = ("LOWER", "UPPER", "UPPER_TOTAL")

_UNNAMED = [
    "O",
    *("_".join(pair) for pair in product(_CASES, ("O", "PERIOD", "COMMA", "QUESTION"))),
]
"""Labels of kontur-ai/sbert_punc_case_ru, whose configuration does not name them."""


@dataclass(frozen=True, slots=True)
class Label:
    """How to write a word.

    Attributes:
        mark: after it.
        case: one of `_CASES`; None: the labels do not tell it.
    """

    mark: str
    case: str | None

    def written(self, word: str, *, begins_sentence: bool) -> str:
        """Return a word with its capitals and its mark; its letters stay the same."""
        written = word
        if self.case == "UPPER_TOTAL":
            written = word.upper()
        elif self.case == "UPPER" or (self.case is None and begins_sentence):
            written = word[0].upper() + word[1:]
        if written.lower() != word.lower():  # «ß» has no capital of its own
            written = word
        return written + self.mark if word[-1].isalnum() else written


def labels_of(id2label: Mapping[int, str]) -> list[Label]:
    """Return how to write a word by the class of its token.

    Raises: CheckpointError: the classes are not marks.
    """
    names = [id2label[number] for number in range(len(id2label))]
    if names == [f"LABEL_{number}" for number in range(len(_UNNAMED))]:
        names = _UNNAMED
    labels = [_label(name) for name in names]
    known = [label for label in labels if label is not None]
    if len(known) < len(labels) or not any(label.mark for label in known):
        raise CheckpointError(f"The classes of the model are no marks: {', '.join(names[:20])}.")
    return known


def _label(name: str) -> Label | None:
    case, _, mark = name.rpartition("_")
    if mark not in _MARKS or case not in (*_CASES, ""):
        return None
    return Label(_MARKS[mark], case or None)
