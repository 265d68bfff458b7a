"""Chooses where subtitle cues and their lines end."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import inf

from backend.export.cue_tokens import Token
from backend.export.line_parts import MAX_LINE_CHARS, columns

DASH = "– "
"""Before each line of a cue with two speakers. Source: Netflix, Timed Text Style Guide."""

MAX_CUE_LINES = 2
"""Source: Netflix, Timed Text Style Guide."""

MAX_CHARS_PER_S = 21
"""Faster cues cannot be read. Source: TED, Subtitling Tips."""

MIN_SHOWN_MS = 833
"""Shorter cues flicker. Source: Netflix, as above: five sixths of a second."""

MAX_SHOWN_MS = 7000
"""Source: Netflix, as above."""

# Costs, in no unit: a plain break inside a clause costs 5.
_CUE = 6.0
_BREAK = 5.0
_CLAUSE_BREAK = 2.0
_TORN = 500.0
"""A line that ends in a preposition, a conjunction or an abbreviation."""
_MERGE = 12.0
"""Words of two segments in one cue."""
_PAUSE_PER_S = 10.0
"""A pause inside a cue: words would be shown before they are spoken."""
_PLAIN_PAUSE_MS = 500
_TOO_SHORT = 100.0
_TOO_FAST = 60.0
_UNBALANCED = 4.0
_FULL = 6.0

_CLAUSE_ENDS = (",", ";", ":", "—", "–", "，", "、")


class CueBreaks:
    """Divides tokens into cues at the least total cost (dynamic programming).

    A cue has lines that fit, and lasts at most `MAX_SHOWN_MS` from its first to its last word
    unless it is a single token. Each line has words of one speaker, with room for a dash where
    the cue has two.
    """

    def __init__(self, tokens: Sequence[Token], end_ms: int) -> None:
        self._tokens = tokens
        self._break_costs = [_break_cost(*pair) for pair in pairwise(tokens)]
        self._break_costs += [0.0]
        self._starts = [token.start_ms for token in tokens] + [end_ms]
        self._columns = [columns(token.text) for token in tokens]
        widths = (len(token.space) + n for token, n in zip(tokens, self._columns, strict=True))
        self._ends = list(accumulate(widths))
        joins = (_join_cost(*pair) for pair in pairwise(tokens))
        self._join_costs = list(accumulate(joins, initial=0.0))

    def cues(self) -> list[list[Sequence[Token]]]:
        """Return the lines of each cue."""
        n_tokens = len(self._tokens)
        best = [0.0] + [inf] * n_tokens
        chosen: list[tuple[int, int]] = [(0, 0)] * (n_tokens + 1)
        for end in range(1, n_tokens + 1):
            for first in range(end - 1, -1, -1):
                if first < end - 1 and not self._may_be_one(first, end):
                    break
                line_cost, split = self._best_lines(first, end)
                cost = best[first] + line_cost + self._cue_cost(first, end)
                if cost < best[end]:
                    best[end], chosen[end] = cost, (first, split)
        cues: list[list[Sequence[Token]]] = []
        end = n_tokens
        while end:
            first, split = chosen[end]
            lines = [self._tokens[first:split], self._tokens[split:end]]
            cues.append([line for line in lines if line])
            end = first
        return cues[::-1]

    def _width(self, first: int, end: int) -> int:
        """Return the width of a line, in `columns`."""
        return self._ends[end - 1] - self._ends[first] + self._columns[first]

    def _may_be_one(self, first: int, end: int) -> bool:
        """Whether tokens could fit in a cue; if not, no more of them could."""
        if self._n_changes(first, end) >= MAX_CUE_LINES:
            return False
        span_ms = self._tokens[end - 1].end_ms - self._tokens[first].start_ms
        fits = self._width(first, end) <= MAX_CUE_LINES * MAX_LINE_CHARS + 1
        return fits and span_ms <= MAX_SHOWN_MS

    def _n_changes(self, first: int, end: int) -> int:
        """Return how often the speaker changes within tokens."""
        return self._tokens[end - 1].turn - self._tokens[first].turn

    def _best_lines(self, first: int, end: int) -> tuple[float, int]:
        """Return the cost of the best lines, and the first token of the second line."""
        if self._n_changes(first, end):
            return self._lines_of_two(first, end)
        if self._width(first, end) <= MAX_LINE_CHARS:
            return 0.0, end
        best, chosen = inf, end
        for split in range(end - 1, first, -1):
            below = self._width(split, end)
            if below > MAX_LINE_CHARS:
                break
            above = self._width(first, split)
            if above <= MAX_LINE_CHARS:
                uneven = _UNBALANCED * abs(above - below) / MAX_LINE_CHARS
                cost = self._break_costs[split - 1] + uneven
                if cost < best:
                    best, chosen = cost, split
        return best, chosen

    def _lines_of_two(self, first: int, end: int) -> tuple[float, int]:
        """Return as `_best_lines` the only lines that a cue with two speakers may have."""
        split = next(
            place
            for place in range(first + 1, end)
            if self._tokens[place].turn != self._tokens[first].turn
        )
        room = MAX_LINE_CHARS - columns(DASH)
        fits = self._width(first, split) <= room and self._width(split, end) <= room
        return (0.0 if fits else inf), split

    def _cue_cost(self, first: int, end: int) -> float:
        n_chars = self._width(first, end)
        free_ms = self._starts[end] - self._starts[first]
        cost = _CUE + self._break_costs[end - 1]
        cost += self._join_costs[end - 1] - self._join_costs[first]
        cost += _FULL * (n_chars / (MAX_CUE_LINES * MAX_LINE_CHARS)) ** 2
        if free_ms < MIN_SHOWN_MS:
            cost += _TOO_SHORT * (2 - free_ms / MIN_SHOWN_MS)
        readable_ms = n_chars * 1000 / MAX_CHARS_PER_S
        if free_ms < readable_ms:
            cost += _TOO_FAST * (1 - free_ms / readable_ms)
        return cost


def _break_cost(token: Token, following: Token) -> float:
    if token.turn != following.turn:
        return 0.0
    if token.leans:
        return _TORN
    if following.begins_segment or token.ends_sentence:
        return 0.0
    return _CLAUSE_BREAK if token.text.endswith(_CLAUSE_ENDS) else _BREAK


def _join_cost(token: Token, following: Token) -> float:
    """Return the cost of two neighbours in one cue."""
    pause_ms = max(following.start_ms - token.end_ms - _PLAIN_PAUSE_MS, 0)
    is_torn = token.leans and token.turn == following.turn
    merge = _MERGE if following.begins_segment and not is_torn else 0.0
    return merge + _PAUSE_PER_S * pause_ms / 1000
