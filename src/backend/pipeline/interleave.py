"""Merges the segments of several signals of a recording into one transcript.

Segments of a transcript never overlap. Where two voices speak at once, both keep their text and,
but for half a second, their start; the one that began earlier ends where the other one begins.
"""

from math import inf

from contracts.transcription import Segment, Word

MIN_SHOWN_S = 0.5
"""Length that is left of a segment during which another one begins."""


class Interleaving:
    """Numbers the segments of all signals in the order of their start.

    A segment is held until no later one can begin before its end, and keeps its number then.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], Segment] = {}
        self._released: dict[tuple[int, int], Segment] = {}
        self._end_s = 0.0

    def add(self, signal: int, segments: list[Segment]) -> list[Segment]:
        """Add segments of a signal, numbered within it; one with a known number replaces it.

        Returns: those that replace a released segment.
        """
        changed: list[Segment] = []
        for segment in segments:
            key = signal, segment.index
            if key in self._released:
                self._released[key] = self._released[key].model_copy(update={"text": segment.text})
                changed.append(self._released[key])
            else:
                self._held[key] = segment
        return changed

    def release(self, until_s: float) -> list[Segment]:
        """Return the next segments, given that all later ones begin at `until_s` or after it."""
        held = sorted(self._held.items(), key=lambda item: (item[1].start, item[0]))
        n_ready = next((i for i, (_, each) in enumerate(held) if each.end > until_s), len(held))
        following = [each.start for _, each in held[1:]] + [inf]
        ready = zip(held[:n_ready], following, strict=False)
        return [self._release(key, segment, next_s) for (key, segment), next_s in ready]

    def _release(self, key: tuple[int, int], segment: Segment, next_start_s: float) -> Segment:
        start = max(segment.start, self._end_s)
        end = min(segment.end, next_start_s)
        if start > segment.start or end < segment.end:
            end = max(end, start + MIN_SHOWN_S)
        self._end_s = end
        released = segment.model_copy(
            update={
                "index": len(self._released),
                "start": round(start, 3),
                "end": round(end, 3),
                "words": segment.words and [_within(word, start, end) for word in segment.words],
            }
        )
        del self._held[key]
        self._released[key] = released
        return released


def _within(word: Word, start_s: float, end_s: float) -> Word:
    times = {"start": word.start, "end": word.end}
    return word.model_copy(
        update={name: round(min(max(time, start_s), end_s), 3) for name, time in times.items()}
    )
