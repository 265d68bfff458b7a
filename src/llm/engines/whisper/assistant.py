"""A smaller model that drafts the texts of a larger one with the same vocabulary."""

import re
from collections import deque
from collections.abc import Sequence
from statistics import fmean
from typing import Protocol

from contracts.options import DecodingOptions
from llm.engines.protocol import Samples, SpeechEngine
from llm.engines.whisper.speculation import Draft
from llm.engines.whisper.vocabulary import WhisperVocabulary

_WINDOW = 24
"""Texts by which the drafts are judged."""

_PAUSE = 200
"""Texts without drafts after the drafts were not worth their time."""

_MIN_LETTERS = 200
"""Letters after which it is clear whether a model writes capitals and marks."""

_marks = re.compile(r"[^\w\s'-]|(?<!\w)-|-(?!\w)")


class DraftingEngine(SpeechEngine, Protocol):
    """A loaded model that also writes drafts."""

    def draft(self, chunks: Sequence[Samples], options: DecodingOptions) -> list[tuple[int, ...]]:
        """Return the tokens of a quick text of each chunk."""
        ...


class Assistant:
    """Drafts texts while that saves time, in the style of the model that verifies them.

    Args:
        engine: writes the drafts.
        vocabulary: of both models.
        n_proposed: most tokens to verify in one step.
        min_tokens_per_step: tokens that a step has to write, on average, for drafts to save time.
    """

    def __init__(
        self,
        engine: DraftingEngine,
        vocabulary: WhisperVocabulary,
        n_proposed: int,
        min_tokens_per_step: float,
    ) -> None:
        self.engine = engine
        self._vocabulary = vocabulary
        self._n_proposed = n_proposed
        self._min_tokens_per_step = min_tokens_per_step
        self._tokens_per_step = deque[float](maxlen=_WINDOW)
        self._texts = deque[str](maxlen=_WINDOW)
        self._n_paused = 0

    def drafts(self, chunks: Sequence[Samples], options: DecodingOptions) -> list[Draft]:
        """Return a draft of each chunk, for greedy search; empty ones if they cost more time."""
        if self._n_paused > 0:
            self._n_paused -= len(chunks)
            return [Draft((), self._n_proposed)] * len(chunks)
        drafts = self.engine.draft(chunks, options)
        if self._writes_plain_text():
            drafts = [self._plain(tokens) for tokens in drafts]
        return [Draft(tokens, self._n_proposed) for tokens in drafts]

    def observe(self, text: str, n_tokens: int, n_steps: int) -> None:
        """Learn from a text that was written with a draft that was not empty.

        Args:
            text: as the larger model wrote it.
            n_tokens: of the text and its end.
            n_steps: in which they were written.
        """
        self._texts.append(text)
        self._tokens_per_step.append(n_tokens / n_steps)
        is_full = len(self._tokens_per_step) == _WINDOW
        if is_full and fmean(self._tokens_per_step) < self._min_tokens_per_step:
            self._n_paused = _PAUSE
            self._tokens_per_step.clear()

    def _writes_plain_text(self) -> bool:
        """Whether the larger model writes no capitals and no marks."""
        text = "".join(self._texts)
        is_cased = any(letter.isupper() for letter in text)
        return len(text) >= _MIN_LETTERS and not is_cased and not _marks.search(text)

    def _plain(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        text = _marks.sub(" ", self._vocabulary.text(tokens)).lower()
        return tuple(self._vocabulary.tokens(f" {' '.join(text.split())}"))
