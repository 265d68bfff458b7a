"""Splits a transcript into subtitle cues that fit on a screen and can be read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from backend.export.cue_breaks import (
    DASH,
    MAX_CHARS_PER_S,
    MAX_CUE_LINES,
    MAX_SHOWN_MS,
    MIN_SHOWN_MS,
    CueBreaks,
)
from backend.export.cue_tokens import Token, tokens_of
from backend.export.line_parts import MAX_LINE_CHARS, columns
from backend.export.speaker_names import SpeakerNames
from backend.export.timecode import to_ms
from contracts.transcription import Transcript

__all__ = [
    "DASH",
    "MAX_CHARS_PER_S",
    "MAX_CUE_LINES",
    "MAX_LINE_CHARS",
    "MAX_SHIFT_MS",
    "MAX_SHOWN_MS",
    "MIN_SHOWN_MS",
    "READING_CHARS_PER_S",
    "Cue",
    "cues_of",
]

READING_CHARS_PER_S = 17
"""Comfortable speed, kept where pauses allow. Source: Netflix's guide for Russian."""

MAX_SHIFT_MS = 1000
"""A cue begins so much before or after its speech, if it or its neighbour can be read then."""


@dataclass(frozen=True)
class Cue:
    """Lines shown together; times in milliseconds, `start_ms < end_ms`.

    Attributes:
        speakers: the id of who says all lines, or each of the two, which begin with a dash.
    """

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    speakers: tuple[str | None, ...] = (None,)

    @property
    def n_chars(self) -> int:
        """Characters to read, with a space for each line break; fullwidth ones count double."""
        return columns(" ".join(self.lines))


def cues_of(transcript: Transcript, written_names: SpeakerNames | None = None) -> list[Cue]:
    """Return the transcript as cues; those spoken too fast to read stay during the pause.

    Args:
        written_names: part of the text where a speaker begins: `Анна: Доброе утро.`

    Returns: cues in order, without overlaps; at most `MAX_CUE_LINES` lines of 1 to
        `MAX_LINE_CHARS` characters; all words, in order. Each is shown from `MIN_SHOWN_MS`, if
        the recording is long enough for all of them, to `MAX_SHOWN_MS`.
    """
    tokens = tokens_of(transcript, written_names or {})
    if not tokens:
        return []
    end_ms = max(to_ms(transcript.duration_s), tokens[-1].end_ms)
    drafts = [_draft(lines) for lines in CueBreaks(tokens, end_ms).cues()]
    return _Schedule(drafts, end_ms).cues()


def _draft(lines: Sequence[Sequence[Token]]) -> Cue:
    """Return a cue with the times of its words."""
    texts = ["".join(each.space + each.text for each in line).strip() for line in lines]
    has_two = lines[0][0].turn != lines[-1][0].turn
    return Cue(
        start_ms=lines[0][0].start_ms,
        end_ms=lines[-1][-1].end_ms,
        lines=tuple(DASH + text if has_two else text for text in texts),
        speakers=tuple(line[0].speaker for line in (lines if has_two else lines[:1])),
    )


class _Schedule:
    """Decides when cues appear and disappear.

    Args:
        drafts: cues with the times of their words.
        end_ms: the end of the recording.
    """

    def __init__(self, drafts: list[Cue], end_ms: int) -> None:
        self._drafts = drafts
        self._end_ms = end_ms
        room_ms = (end_ms - drafts[0].start_ms) // len(drafts)
        self._min_ms = max(1, min(MIN_SHOWN_MS, room_ms))

    def cues(self) -> list[Cue]:
        cues: list[Cue] = []
        shown_until_ms = self._drafts[0].start_ms
        for number, draft in enumerate(self._drafts):
            start_ms = self._start(number, shown_until_ms)
            shown_until_ms = self._end(number, start_ms)
            cues.append(replace(draft, start_ms=start_ms, end_ms=shown_until_ms))
        return cues

    def _start(self, number: int, shown_until_ms: int) -> int:
        """Return when a cue appears: at its first word, or earlier if it is too fast."""
        draft = self._drafts[number]
        latest_ms = min(draft.start_ms, self._free_until(number) - self._readable_ms(draft))
        early_ms = max(latest_ms, draft.start_ms - MAX_SHIFT_MS)
        forced_ms = self._end_ms - self._min_ms * (len(self._drafts) - number)
        return max(min(early_ms, forced_ms), shown_until_ms)

    def _end(self, number: int, start_ms: int) -> int:
        """Return when a cue disappears: before the next one, or later if it is too fast."""
        draft = self._drafts[number]
        free_until_ms = self._free_until(number)
        readable_by_ms = start_ms + self._readable_ms(draft)
        if free_until_ms < readable_by_ms <= free_until_ms + MAX_SHIFT_MS:
            free_until_ms = readable_by_ms
        comfortable_by_ms = start_ms + ceil(draft.n_chars * 1000 / READING_CHARS_PER_S)
        end_ms = min(max(draft.end_ms, comfortable_by_ms), free_until_ms, start_ms + MAX_SHOWN_MS)
        forced_ms = self._end_ms - self._min_ms * (len(self._drafts) - number - 1)
        return max(min(max(end_ms, start_ms + self._min_ms), forced_ms), start_ms + 1)

    def _free_until(self, number: int) -> int:
        is_last = number + 1 == len(self._drafts)
        return self._end_ms if is_last else self._drafts[number + 1].start_ms

    def _readable_ms(self, cue: Cue) -> int:
        return max(self._min_ms, ceil(cue.n_chars * 1000 / MAX_CHARS_PER_S))
