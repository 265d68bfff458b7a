"""Give words their speakers, and split segments where the speaker changes."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from typing import Generic, TypeVar

from backend.pipeline.speakers.turns import SpeakerTurn
from contracts.spacing import join_texts
from contracts.transcription import ChunkSegment, Segment, Word

AnySegment = TypeVar("AnySegment", bound=ChunkSegment)

ISLAND_WORDS = 2
"""Words of one speaker between those of another: as few are doubted."""

ISLAND_SHARE = 0.7
"""Share of a doubted stretch in which its speaker, and nobody else, must speak."""

SHIFT_WORDS = 2
"""Words by which a change of speaker may move to a better place."""

_SENTENCE_END_S = 0.8
_SHIFT_COST_S = 0.15
"""A pause counts by its length, the end of a sentence as much as this pause, and a word that the
change moves as much as this one less."""

_SENTENCE_ENDS = (".", "!", "?", "…", "。", "？", "！")


@dataclass(frozen=True)
class SpokenSegment(Generic[AnySegment]):
    """A segment or a part of one, of a single speaker; None where nobody was found."""

    segment: AnySegment
    speaker: str | None
    overlap: bool


class SpeakerTurns:
    """The turns of a recording.

    Args:
        turns: by start.
    """

    def __init__(self, turns: Sequence[SpeakerTurn]) -> None:
        self._turns = turns
        self._starts = [turn.start for turn in turns]
        # the latest end so far bounds the turns that may still last at a time
        self._latest_ends = list(accumulate((turn.end for turn in turns), max))

    def split(
        self, segments: Sequence[AnySegment], offset_s: float
    ) -> list[SpokenSegment[AnySegment]]:
        """Return segments, each with one speaker; no word is changed or moved.

        Args:
            segments: of a chunk, with times relative to it, or of a transcript; corrected ones
                stay whole.
            offset_s: start of the chunk.
        """
        words = [
            (word.start + offset_s, word.end + offset_s, word.word)
            for segment in segments
            for word in segment.words or []
        ]
        speakers = iter(self._speakers_of(words))
        parts: list[SpokenSegment[AnySegment]] = []
        for segment in segments:
            own = [next(speakers) for _ in segment.words or []]
            for part, speaker in _split(segment, own):
                start, end = part.start + offset_s, part.end + offset_s
                chosen = self._nearest(start, end) if speaker is None else speaker
                parts.append(self._spoken(part, chosen, start, end))
        return parts

    def _spoken(
        self, part: AnySegment, speaker: int | None, start: float, end: float
    ) -> SpokenSegment[AnySegment]:
        others = sum(
            seconds for who, seconds in self._seconds(start, end).items() if who != speaker
        )
        name = None if speaker is None else f"S{speaker + 1}"
        words = part.words and [word.model_copy(update={"speaker": name}) for word in part.words]
        overlap = others > (end - start) / 2
        return SpokenSegment(part.model_copy(update={"words": words}), name, overlap)

    def _speakers_of(self, words: Sequence[tuple[float, float, str]]) -> list[int | None]:
        speakers: list[int | None] = []
        for start, end, _ in words:
            seconds = self._seconds(start, end)
            before = speakers[-1] if speakers else None
            if before is not None and seconds.get(before, 0) >= 0.9 * (end - start) > 0:
                speakers.append(before)  # where two speak, the one who has the word keeps it
            else:
                nearest = self._nearest(start, end)
                speakers.append(max(seconds, key=seconds.__getitem__) if seconds else nearest)
        self._drop_islands(words, speakers)
        _move_changes(words, speakers)
        return speakers

    def _drop_islands(
        self, words: Sequence[tuple[float, float, str]], speakers: list[int | None]
    ) -> None:
        """Give one or two words inside another speaker's to that speaker, unless it is certain."""
        for first, last in _runs(speakers)[1:-1]:
            around = speakers[first - 1]
            if last - first > ISLAND_WORDS or around != speakers[last]:
                continue
            start, end = words[first][0], words[last - 1][1]
            seconds = self._seconds(start, end)
            alone = seconds.get(speakers[first] or 0, 0) - seconds.get(around or 0, 0)
            if alone < ISLAND_SHARE * (end - start):
                speakers[first:last] = [around] * (last - first)

    def _seconds(self, start: float, end: float) -> dict[int, float]:
        """Return how long each speaker speaks between two times."""
        seconds: dict[int, float] = {}
        for index in range(bisect_left(self._starts, end) - 1, -1, -1):
            if self._latest_ends[index] <= start:
                break
            turn = self._turns[index]
            common = min(end, turn.end) - max(start, turn.start)
            if common > 0:
                seconds[turn.speaker] = seconds.get(turn.speaker, 0) + common
        return seconds

    def _nearest(self, start: float, end: float) -> int | None:
        """Return who speaks between two times, or else nearest to them."""
        if seconds := self._seconds(start, end):
            return max(seconds, key=seconds.__getitem__)
        after = bisect_left(self._starts, end)
        near = self._turns[max(after - 3, 0) : after + 1]
        distances = [(max(turn.start - end, start - turn.end), turn.speaker) for turn in near]
        return min(distances)[1] if distances else None


def _move_changes(words: Sequence[tuple[float, float, str]], speakers: list[int | None]) -> None:
    """Move each change of speaker to the best place among the words near it."""
    bounds = [0, *(last for _, last in _runs(speakers))]
    for index in range(1, len(bounds) - 1):
        previous, change, following = bounds[index - 1 : index + 2]
        first = max(change - SHIFT_WORDS, previous + 1)
        last = min(change + SHIFT_WORDS, following - 1)
        best = max(
            range(first, last + 1),
            key=lambda place: _quality(words, place) - _SHIFT_COST_S * abs(place - change),
            default=change,
        )
        if best < change:
            speakers[best:change] = [speakers[change]] * (change - best)
        elif best > change:
            speakers[change:best] = [speakers[change - 1]] * (best - change)
        bounds[index] = best


def _quality(words: Sequence[tuple[float, float, str]], place: int) -> float:
    """Return how good it is to change the speaker before a word, in seconds of pause."""
    before, after = words[place - 1], words[place]
    pause_s = min(max(after[0] - before[1], 0), 1.0)
    return pause_s + (_SENTENCE_END_S if before[2].rstrip("\"'»”").endswith(_SENTENCE_ENDS) else 0)


def _runs(speakers: Sequence[int | None]) -> list[tuple[int, int]]:
    """Return the runs [first, last) of equal speakers."""
    lengths = [len(list(group)) for _, group in groupby(speakers)]
    return list(pairwise([0, *accumulate(lengths)]))


def _split(
    segment: AnySegment, speakers: Sequence[int | None]
) -> list[tuple[AnySegment, int | None]]:
    """Split a segment where the speaker changes; leave it whole if its words are not its text."""
    words = segment.words
    if not words:
        return [(segment, None)]
    runs = _runs(speakers)
    is_corrected = isinstance(segment, Segment) and segment.original_text is not None
    places = None if is_corrected else _places(segment.text, words)
    if len(runs) == 1 or places is None:
        return [(segment, max(set(speakers), key=speakers.count))]
    cuts = [0, *(places[first] for first, _ in runs[1:]), len(segment.text)]
    parts: list[tuple[AnySegment, int | None]] = []
    for (first, last), (begin, end) in zip(runs, pairwise(cuts), strict=True):
        changes = {
            "start": segment.start if first == 0 else words[first].start,
            "end": segment.end if last == len(words) else words[last - 1].end,
            "text": segment.text[begin:end].strip(),
            "raw_text": segment.raw_text and _raw_text(words[first:last]),
            "words": words[first:last],
        }
        parts.append((segment.model_copy(update=changes), speakers[first]))
    return parts


def _raw_text(words: Sequence[Word]) -> str:
    return join_texts(word.spoken or word.word for word in words)


def _places(text: str, words: Sequence[Word]) -> list[int] | None:
    """Return where each word begins in a text; None: the text has other words."""
    places: list[int] = []
    position = 0
    for word in words:
        stripped = word.word.strip()
        begin = text.find(stripped, position)
        if begin < 0 or text[position:begin].strip():
            return None
        places.append(begin)
        position = begin + len(stripped)
    return places
