"""Where a paragraph begins, alike in the exports and in the page's reader.

The page has the same rule in `frontend/web/reader/paragraphs.js`; a test holds the two equal.
"""

import re

PARAGRAPH_PAUSE_S = 2.0
"""Seconds of silence before a new paragraph; pauses between sentences are shorter."""

SENTENCE_PAUSE_S = 0.5
"""Seconds of silence before a new paragraph, once one is long enough."""

MIN_CHARS = 300
"""From this length on, a paragraph ends with a sentence that a short pause follows."""

MAX_CHARS = 600
"""A third of a printed page; a paragraph ends with the sentence before it gets longer."""

LIMIT_CHARS = 900
"""A paragraph of a text without punctuation ends here."""

_ends_sentence = re.compile(r"[.!?…。！？]['\"»”’)\]]*$").search


class ParagraphRule:
    """Decides for each segment of a transcript, in order, whether it begins a paragraph."""

    def __init__(self) -> None:
        self._n_chars = 0
        self._last_text = ""
        self._last_end = 0.0
        self._last_speaker: str | None = None

    def begins(self, text: str, start: float, end: float, speaker: str | None = None) -> bool:
        """Return whether the next segment begins a paragraph, and count it in.

        Args:
            text: without outer spaces; a segment without text begins none.
            start: seconds.
            end: seconds.
            speaker: id; a paragraph has only one.
        """
        if not text:
            return False
        is_same = self._last_text and speaker == self._last_speaker
        is_new = not is_same or self._ends(len(text), start - self._last_end)
        self._n_chars = len(text) + (0 if is_new else self._n_chars)
        self._last_text, self._last_end, self._last_speaker = text, end, speaker
        return is_new

    def _ends(self, next_chars: int, pause_s: float) -> bool:
        if pause_s >= PARAGRAPH_PAUSE_S or self._n_chars >= LIMIT_CHARS:
            return True
        is_pause = pause_s >= SENTENCE_PAUSE_S
        if not _ends_sentence(self._last_text):
            return is_pause and self._n_chars >= MAX_CHARS
        is_full = is_pause or self._n_chars + next_chars > MAX_CHARS
        return is_full and self._n_chars >= MIN_CHARS
