"""Punctuate given words by their sound.

The decoder is led along the words. After each word it may add a mark, and each word may begin
with a capital; what the model finds more probable is kept. The words themselves never change.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.options import Task
from llm.engines.whisper.network import EncoderOutput, WhisperNetwork
from llm.engines.whisper.vocabulary import WhisperVocabulary

MARKS = {",": ",", ".": ".", "?": "?", "!": "!", ":": ":", " —": " —", " –": " —", " -": " —"}
"""Tokens that are marks, and the mark to write for each."""

SENTENCE_ENDS = frozenset(".?!")


def lead_along(
    network: WhisperNetwork,
    encoder_outputs: Sequence[EncoderOutput],
    words: Sequence[Sequence[str]],
    language: str,
) -> list[list[str]]:
    """Lead the decoder along the words of each chunk, and return them punctuated.

    Args:
        network: a checkpoint that writes punctuation.
        encoder_outputs: of the chunks, from one call of `encode`.
        words: of each chunk, at least one, without spaces.
        language: code of the language.

    Returns:
        As many words per chunk as were given. Words that do not fit into the decoder's positions
        come back unchanged.
    """
    vocabulary = network.vocabulary
    special = vocabulary.special
    prompt = [
        special.start_of_transcript,
        special.languages[language],
        special.tasks[Task.TRANSCRIBE],
        special.no_timestamps,
    ]
    choices = _Choices.of(vocabulary)
    rows = [_Row(chunk_words, vocabulary, choices) for chunk_words in words]
    decoder = network.start_decoder(encoder_outputs)
    logits = decoder.advance(np.array([prompt] * len(rows))).logits
    live, n_left = rows, network.max_positions - len(prompt)
    while n_left > 0:
        waiting = [row.waiting_tokens(logits[place]) for place, row in enumerate(live)]
        kept = [place for place, tokens in enumerate(waiting) if tokens]
        if not kept:
            break
        if len(kept) < len(live):
            decoder.select(kept)
            live = [live[place] for place in kept]
        n_tokens = min(n_left, *(len(waiting[place]) for place in kept))
        logits = decoder.advance(np.array([row.take(n_tokens) for row in live])).logits
        n_left -= n_tokens
    return [row.written for row in rows]


@dataclass(frozen=True, slots=True)
class _Choices:
    """Tokens that may follow a finished word.

    Attributes:
        marks: the mark that each of `mark_ids` writes.
        mark_ids: ids of the marks.
        other_ids: ids of the beginnings of words, and of the end of the text.
    """

    marks: tuple[str, ...]
    mark_ids: NDArray[np.int64]
    other_ids: NDArray[np.int64]

    @classmethod
    def of(cls, vocabulary: WhisperVocabulary) -> "_Choices":
        """Find the tokens in a checkpoint's vocabulary."""
        by_id = {vocabulary.tokens(text)[0]: mark for text, mark in MARKS.items()}
        others = vocabulary.word_beginnings() - set(by_id) | {vocabulary.special.end_of_text}
        return cls(tuple(by_id.values()), np.array(list(by_id)), np.array(sorted(others)))

    def mark(self, logits: NDArray[np.float32]) -> int | None:
        """Return the index of the most probable mark; None if no mark is more probable."""
        marks, others = logits[self.mark_ids], logits[self.other_ids]
        largest = max(marks.max(), others.max())
        if np.exp(marks - largest).sum() <= np.exp(others - largest).sum():
            return None
        return int(marks.argmax())


class _Row:
    """The words of one chunk while they are written.

    Attributes:
        written: the words, those so far with marks and capitals.
    """

    def __init__(
        self, words: Sequence[str], vocabulary: WhisperVocabulary, choices: _Choices
    ) -> None:
        self.written = list(words)
        self._vocabulary = vocabulary
        self._choices = choices
        self._n_written = 0
        self._pending: list[int] = []
        self._may_add_mark = False

    def waiting_tokens(self, logits: NDArray[np.float32]) -> Sequence[int]:
        """Return the tokens to write, of a mark or of a word; none at the end.

        Args:
            logits: after the last token.
        """
        if not self._pending and self._may_add_mark:
            self._may_add_mark = False
            chosen = self._choices.mark(logits)
            if chosen is not None:
                self.written[self._n_written - 1] += self._choices.marks[chosen]
                self._pending = [int(self._choices.mark_ids[chosen])]
        while not self._pending and self._n_written < len(self.written):
            self._begin_word(logits)
        return self._pending

    def take(self, n_tokens: int) -> list[int]:
        """Return the first of the waiting tokens, which are written now."""
        taken, self._pending = self._pending[:n_tokens], self._pending[n_tokens:]
        return taken

    def _begin_word(self, logits: NDArray[np.float32]) -> None:
        word = self.written[self._n_written]
        self._pending = self._vocabulary.tokens(f" {word}")
        capital = word[0].upper()
        if self._pending and capital != word[0] and capital.lower() == word[0]:
            tokens = self._vocabulary.tokens(f" {capital}{word[1:]}")
            if self._begins_sentence() or logits[tokens[0]] > logits[self._pending[0]]:
                self.written[self._n_written] = f"{capital}{word[1:]}"
                self._pending = tokens
        self._n_written += 1
        self._may_add_mark = word[-1].isalnum()

    def _begins_sentence(self) -> bool:
        return self._n_written > 0 and self.written[self._n_written - 1][-1] in SENTENCE_ENDS
