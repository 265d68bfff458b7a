"""Split a segment before a word, join two segments, and move the border between them.

Segments keep their indices: the first half of a split has the segment's own, and two joined
segments have that of the first.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from backend.errors import NoSuchWordError, WrongStateError
from contracts.jobs import MAX_SEGMENT_CHARS, SegmentBorder
from contracts.spacing import WORD_OR_CHARACTER, join_texts
from contracts.transcription import Segment, Word

_token = re.compile(WORD_OR_CHARACTER)
_MIN_WORDS = 2


def split_segment(segment: Segment, border: SegmentBorder, index: int) -> list[Segment]:
    """Return the two halves of a segment; each begins and ends with its words.

    Args:
        index: of the second half.

    Raises:
        NoSuchWordError: the border is not inside the segment.
        WrongStateError: the segment has not two words with times.
    """
    words = segment.words or []
    if len(words) < _MIN_WORDS:
        raise WrongStateError("The segment has fewer than two words with times.")
    word, offset = _resolve(segment.text, words, border)
    model_text = _model_text(segment)
    model_offset = _place(model_text, words, word)
    first_end, second_start = _times(segment, words, word)
    parts = (
        (segment.index, segment.start, first_end, slice(word), slice(offset), slice(model_offset)),
        (
            index,
            second_start,
            segment.end,
            slice(word, None),
            slice(offset, None),
            slice(model_offset, None),
        ),
    )
    return [
        segment.model_copy(
            update={
                "index": own_index,
                "start": start,
                "end": end,
                "words": words[own],
                "raw_text": segment.raw_text and _raw_text(words[own]),
                **_texts(segment.text[shown], model_text[model]),
            }
        )
        for own_index, start, end, own, shown, model in parts
    ]


def join_segments(first: Segment, second: Segment) -> Segment:
    """Return two neighbours as one segment of the first's speaker, as unsure as the less sure.

    Raises: WrongStateError: the joined text is too long to be corrected.
    """
    text = join_texts([first.text, second.text])
    if len(text) > MAX_SEGMENT_CHARS:
        raise WrongStateError(f"The joined text is longer than {MAX_SEGMENT_CHARS} characters.")
    model_texts = [_model_text(each) for each in (first, second)]
    raw_texts = [each.raw_text or _model_text(each) for each in (first, second)]
    words = [*(first.words or []), *(second.words or [])]
    return first.model_copy(
        update={
            "end": second.end,
            "words": words if words or first.words is not None else second.words,
            "raw_text": join_texts(raw_texts) if first.raw_text or second.raw_text else None,
            "avg_logprob": min(first.avg_logprob, second.avg_logprob),
            "no_speech_prob": max(first.no_speech_prob, second.no_speech_prob),
            "compression_ratio": max(first.compression_ratio, second.compression_ratio),
            "overlap": max(first, second, key=lambda each: each.end - each.start).overlap,
            **_texts(text, join_texts(model_texts)),
        }
    )


def move_border(first: Segment, second: Segment, border: SegmentBorder) -> list[Segment]:
    """Return two neighbours with another border; it counts the words and text of both.

    Raises:
        NoSuchWordError: a segment would have no words left.
        WrongStateError: a segment has no words with times, or the texts are too long.
    """
    if not first.words or not second.words:
        raise WrongStateError("One of the segments has no words with times.")
    halves = split_segment(join_segments(first, second), border, second.index)
    kept = {"avg_logprob", "no_speech_prob", "compression_ratio", "speaker", "overlap"}
    return [
        half.model_copy(update={name: getattr(own, name) for name in kept})
        for half, own in zip(halves, (first, second), strict=True)
    ]


def _resolve(text: str, words: Sequence[Word], border: SegmentBorder) -> tuple[int, int]:
    """Return the first word of the second half, and the place in the text that is split."""
    offset = border.text_offset
    if offset is not None:
        if offset > len(text):
            raise NoSuchWordError("The text is shorter than that.")
        offset = _nearest_edge(text, offset)
    word = border.word
    if word is None:
        places = _places(text, words)
        n_before = sum(place < (offset or 0) for place in places)
        word = min(max(n_before, 1), len(words) - 1)
    if not 1 <= word < len(words):
        raise NoSuchWordError(f"The word must be one from 1 to {len(words) - 1}.")
    return word, _place(text, words, word) if offset is None else offset


def _times(segment: Segment, words: Sequence[Word], word: int) -> tuple[float, float]:
    """Return the end of the first half and the start of the second, both inside the segment."""
    start = words[word].start
    if not segment.start < start < segment.end:
        start = segment.start + (segment.end - segment.start) * word / len(words)
    end = min(words[word - 1].end, start)
    return (end if end > segment.start else start), start


def _texts(shown: str, model_text: str) -> dict[str, str | None]:
    shown, model_text = shown.strip(), model_text.strip()
    return {"text": shown, "original_text": None if shown == model_text else model_text}


def _model_text(segment: Segment) -> str:
    return segment.text if segment.original_text is None else segment.original_text


def _raw_text(words: Sequence[Word]) -> str:
    return join_texts(word.spoken or word.word for word in words)


def _nearest_edge(text: str, offset: int) -> int:
    """Return a place, or else the nearer end of the word that it is inside of."""
    for token in _token.finditer(text):
        if token.start() < offset < token.end():
            is_nearer_start = offset - token.start() <= token.end() - offset
            return token.start() if is_nearer_start else token.end()
    return offset


def _place(text: str, words: Sequence[Word], word: int) -> int:
    return _places(text, words)[word]


def _places(text: str, words: Sequence[Word]) -> list[int]:
    """Return where each word begins in a text, which may have been corrected.

    Words that the correction replaced are taken to be spread evenly over the new ones.
    """
    of_words = [
        (index, _bare(token)) for index, word in enumerate(words) for token in _tokens(word.word)
    ]
    shown = list(_token.finditer(text))
    places = [token.start() for token in shown] + [len(text)]
    matcher = SequenceMatcher(
        a=[token for _, token in of_words],
        b=[_bare(token.group()) for token in shown],
        autojunk=False,
    )
    found: dict[int, int] = {}
    for _, first, last, shown_first, shown_last in matcher.get_opcodes():
        for number in range(first, last):
            share = (shown_last - shown_first) * (number - first) // (last - first)
            found.setdefault(of_words[number][0], places[shown_first + share])
    # a word without a visible character begins with the next one
    following = len(text)
    for index in reversed(range(len(words))):
        following = found.setdefault(index, following)
    return [found[index] for index in range(len(words))]


def _tokens(text: str) -> list[str]:
    return _token.findall(text)


def _bare(token: str) -> str:
    """Return a word without case and punctuation, which corrections often change."""
    return re.sub(r"\W", "", token).casefold() or token
