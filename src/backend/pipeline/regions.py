"""Chooses which parts of a chunk to decode again by themselves, and replaces their words."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import inf

from backend.pipeline.coverage import uncovered_speech
from backend.pipeline.spans import TimeSpan, joined_spans
from contracts.spacing import join_texts
from contracts.transcription import ChunkSegment, Word

EXTENSION_S = 2.0
"""A region reaches to the end of its speech span if that is at most this far away."""

MAX_PIECE_S = 7.0
"""Longer pieces hold a short phrase twice, and the model writes a repeated phrase once."""

MIN_PIECE_S = 1.5
"""A shorter piece is joined to its neighbour: the model needs some context."""

MIN_PAUSE_S = 0.5
"""A pause of this length separates utterances."""

MAX_PAUSE_S = 2.0
"""A pause of this length separates even short utterances."""

CUT_PADDING_S = 0.15
"""Decoded beyond a cut in the middle of speech."""

PADDING_S = 0.3
"""Kept around a piece, where there is a pause; see `backend.pipeline.chunk`."""

_MIDDLE = 0.3
"""A piece is cut between this share of its length and the same share before its end."""

_TOLERANCE_S = 0.05

QuietestTime = Callable[[float, float], float]
"""Returns the second in [start, end) at which the chunk is quietest."""


def regions_without_words(
    segments: Sequence[ChunkSegment], speech: Sequence[TimeSpan], quietest: QuietestTime
) -> list[TimeSpan]:
    """Return the parts of a chunk to decode again: speech without words, up to a good place to cut.

    Args:
        segments: the chunk's text.
        speech: the VAD's spans, in seconds of the chunk.
        quietest: chooses a cut inside a long span.
    """
    return joined_spans(
        _extended(TimeSpan(gaps[0].start, gaps[-1].end), speech, quietest)
        for gaps in uncovered_speech(segments, speech)
    )


def utterances(speech: Sequence[TimeSpan]) -> list[TimeSpan]:
    """Join spans without a pause of `MIN_PAUSE_S` between, and short ones to the nearer side."""
    return _without_short(joined_spans(speech, MIN_PAUSE_S))


def pieces_of(
    region: TimeSpan, speech: Sequence[TimeSpan], quietest: QuietestTime
) -> list[TimeSpan]:
    """Divide a region in its pauses, and in quiet moments where it is still too long."""
    inside = [part for span in speech if (part := span.part_in(region)).length_s > 0]
    return [
        piece
        for utterance in utterances(inside)
        for piece in _short_pieces(utterance, inside, quietest)
    ]


def territories_of(pieces: Sequence[TimeSpan], region: TimeSpan) -> list[TimeSpan]:
    """Return the part of a region that belongs to each piece; together they are the region."""
    cuts = [(before.end + after.start) / 2 for before, after in pairwise(pieces)]
    edges = pairwise([region.start, *cuts, region.end])
    return [TimeSpan(start, end) for start, end in edges]


def with_pauses(region: TimeSpan, speech: Sequence[TimeSpan]) -> TimeSpan:
    """Extend a region to the middle of the pauses around it."""
    before = max((span.end for span in speech if span.end <= region.start), default=region.start)
    after = min((span.start for span in speech if span.start >= region.end), default=region.end)
    return TimeSpan(
        region.start if _is_inside(region.start, speech) else (before + region.start) / 2,
        region.end if _is_inside(region.end, speech) else (region.end + after) / 2,
    )


def halves_of(piece: TimeSpan, quietest: QuietestTime) -> list[TimeSpan]:
    """Divide a piece in a quiet moment near its middle."""
    margin = _MIDDLE * piece.length_s
    cut = quietest(piece.start + margin, piece.end - margin)
    return [TimeSpan(piece.start, cut), TimeSpan(cut, piece.end)]


def padded(piece: TimeSpan, speech: Sequence[TimeSpan], duration_s: float) -> TimeSpan:
    """Extend a piece: into the pauses around it at most to their middle, or into speech.

    Speech is decoded a little beyond a cut, so that no sound at the cut is lost.
    """
    before = max((span.end for span in speech if span.end <= piece.start), default=0.0)
    after = min((span.start for span in speech if span.start >= piece.end), default=duration_s)
    start = max(piece.start - PADDING_S, (before + piece.start) / 2)
    end = min(piece.end + PADDING_S, (piece.end + after) / 2)
    if _is_inside(piece.start, speech):
        start = max(piece.start - CUT_PADDING_S, 0.0)
    if _is_inside(piece.end, speech):
        end = min(piece.end + CUT_PADDING_S, duration_s)
    return TimeSpan(start, end)


def replace_words(
    segments: Sequence[ChunkSegment], region: TimeSpan, replacement: Sequence[ChunkSegment]
) -> list[ChunkSegment]:
    """Return the segments with those of a region replaced.

    A word belongs to the region if its middle does. Words of the replacement outside the region
    come from its padding; its neighbours have them already.
    """
    widened = TimeSpan(region.start - _TOLERANCE_S, region.end + _TOLERANCE_S)
    before, after = TimeSpan(0.0, region.start), TimeSpan(region.end, float("inf"))
    return [
        *(part for segment in segments for part in _part(segment, before)),
        *(part for segment in replacement for part in _part(segment, widened)),
        *(part for segment in segments for part in _part(segment, after)),
    ]


def shifted(segments: Sequence[ChunkSegment], offset_s: float) -> list[ChunkSegment]:
    """Return the segments later by some seconds."""
    return [
        segment.model_copy(
            update={
                "start": max(segment.start + offset_s, 0.0),
                "end": max(segment.end + offset_s, 0.0),
                "words": segment.words and [_moved(word, offset_s) for word in segment.words],
            }
        )
        for segment in segments
    ]


def _without_short(spans: list[TimeSpan]) -> list[TimeSpan]:
    """Join each span under `MIN_PIECE_S` to its nearer neighbour, unless that is far away."""
    joined: list[TimeSpan] = []
    for index, span in enumerate(spans):
        after = spans[index + 1].start - span.end if index + 1 < len(spans) else inf
        before = span.start - joined[-1].end if joined else inf
        was_waiting = bool(joined) and joined[-1].length_s < MIN_PIECE_S and before < MAX_PAUSE_S
        is_short = span.length_s < MIN_PIECE_S
        if was_waiting or (is_short and before < MAX_PAUSE_S and before <= after):
            joined.append(TimeSpan(joined.pop().start, span.end))
        else:
            joined.append(span)
    return joined


def _is_inside(time_s: float, speech: Sequence[TimeSpan]) -> bool:
    return any(span.start < time_s < span.end for span in speech)


def _moved(word: Word, offset_s: float) -> Word:
    start, end = max(word.start + offset_s, 0.0), max(word.end + offset_s, 0.0)
    return word.model_copy(update={"start": round(start, 3), "end": round(end, 3)})


def _extended(gap: TimeSpan, speech: Sequence[TimeSpan], quietest: QuietestTime) -> TimeSpan:
    """Move the ends of a gap to where its speech begins and ends, or to a quiet moment near."""
    touched = [span for span in speech if span.overlap_s(gap) > 0]
    start, end = touched[0].start, touched[-1].end
    if gap.start - start > EXTENSION_S:
        start = quietest(gap.start - EXTENSION_S, gap.start)
    if end - gap.end > EXTENSION_S:
        end = quietest(gap.end, gap.end + EXTENSION_S)
    return TimeSpan(start, end)


def _short_pieces(
    piece: TimeSpan, speech: Sequence[TimeSpan], quietest: QuietestTime
) -> Iterator[TimeSpan]:
    if piece.length_s <= MAX_PIECE_S:
        yield piece
        return
    for half in _cut_in_pause(piece, speech) or halves_of(piece, quietest):
        yield from _short_pieces(half, speech, quietest)


def _cut_in_pause(piece: TimeSpan, speech: Sequence[TimeSpan]) -> list[TimeSpan]:
    """Divide a piece at its longest pause, if both parts are long enough."""
    inside = [part for span in speech if (part := span.part_in(piece)).length_s > 0]
    cuts = [
        (after.start - before.end, before.end, after.start)
        for before, after in pairwise(inside)
        if before.end - piece.start >= MIN_PIECE_S and piece.end - after.start >= MIN_PIECE_S
    ]
    if not cuts:
        return []
    _, end, start = max(cuts)
    return [TimeSpan(piece.start, end), TimeSpan(start, piece.end)]


def _part(segment: ChunkSegment, span: TimeSpan) -> list[ChunkSegment]:
    """Return the part of a segment whose words have their middle in a span, if there are any."""
    if segment.words is None:
        return [segment] if _is_middle_in(segment, span) else []
    words = [word for word in segment.words if _is_middle_in(word, span)]
    if not words:
        return []
    text = segment.text if len(words) == len(segment.words) else _text_of(segment, words)
    clipped = [_clipped(word, span) for word in words]
    times = {"start": clipped[0].start, "end": clipped[-1].end}
    return [segment.model_copy(update=times | {"text": text, "words": clipped})]


def _is_middle_in(part: ChunkSegment | Word, span: TimeSpan) -> bool:
    return span.start <= (part.start + part.end) / 2 < span.end


def _clipped(word: Word, span: TimeSpan) -> Word:
    return word.model_copy(
        update={"start": max(word.start, span.start), "end": min(word.end, span.end)}
    )


def _text_of(segment: ChunkSegment, words: Sequence[Word]) -> str:
    """Return the text of consecutive words as the segment writes it."""
    edges: list[tuple[int, int]] = []
    place = 0
    for word in segment.words or []:
        start = segment.text.find(word.word.strip(), place)
        if start < 0:
            return join_texts(word.word for word in words)
        place = start + len(word.word.strip())
        if word in words:
            edges.append((start, place))
    return segment.text[edges[0][0] : edges[-1][1]]
