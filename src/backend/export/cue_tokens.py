"""Splits a transcript into timed words for subtitles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise

from backend.export.line_parts import has_wordless_script, line_parts
from backend.export.plain_text import one_line
from backend.export.speaker_names import SpeakerNames
from backend.export.timecode import to_ms
from contracts.sentences import ends_sentence, leans_forward
from contracts.spacing import separator
from contracts.transcription import Segment, Transcript

_SENTENCE_CONTEXT = 3
"""Words that decide whether a period ends a sentence."""


@dataclass(frozen=True, slots=True)
class Token:
    """Text between two places where a line may end; times in milliseconds.

    It is a word, a piece of a word longer than a line, or a part of a clause in a script that
    puts no spaces between words.

    Attributes:
        space: what stands before it: a space or nothing.
        begins_segment: whether it is the first of its segment.
        turn: number of the uninterrupted speech of one speaker that it belongs to.
        speaker: id.
        leans: whether it belongs to the next token: see `leans_forward`, or is a piece of a word.
        ends_sentence: whether it is the last of a sentence.
    """

    text: str
    start_ms: int
    end_ms: int
    space: str
    begins_segment: bool
    leans: bool
    ends_sentence: bool
    turn: int
    speaker: str | None


def tokens_of(transcript: Transcript, written_names: SpeakerNames) -> list[Token]:
    """Return the words of all segments, in order, with ascending times.

    Args:
        written_names: stand as words at the beginning of a speaker's turn.
    """
    pieces = list(_pieces(transcript, written_names))
    tokens: list[Token] = []
    sentence: list[str] = []
    latest_ms = 0
    for number, piece in enumerate(pieces):
        following = pieces[number + 1].text if number + 1 < len(pieces) else None
        sentence = [*sentence[-_SENTENCE_CONTEXT:], piece.text]
        is_end = not piece.is_part and ends_sentence(sentence, following)
        before = "" if piece.continues_word else " "
        if piece.begins_segment:
            before = separator(pieces[number - 1].text, piece.text) if number else ""
        start_ms = max(to_ms(piece.start_s), latest_ms)
        latest_ms = max(to_ms(piece.end_s), start_ms)
        tokens.append(
            Token(
                text=piece.text,
                start_ms=start_ms,
                end_ms=latest_ms,
                space=before,
                begins_segment=piece.begins_segment,
                leans=piece.is_part
                or (following is not None and leans_forward(sentence, following)),
                ends_sentence=is_end,
                turn=piece.turn,
                speaker=piece.speaker,
            )
        )
        sentence = [] if is_end else sentence
    return tokens


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    start_s: float
    end_s: float
    begins_segment: bool
    continues_word: bool
    is_part: bool
    turn: int
    speaker: str | None


def _pieces(transcript: Transcript, written_names: SpeakerNames) -> Iterator[_Piece]:
    turn, speaker = 0, None
    for segment in transcript.segments:
        words = one_line(segment.text).split()
        if not words:
            continue
        name = ""
        if not turn or segment.speaker != speaker:
            turn, speaker = turn + 1, segment.speaker
            name = written_names.get(speaker or "", "")
        name_pieces = list(_name_pieces(name, segment, turn)) if name else []
        yield from name_pieces
        for piece in _pieces_of(segment, words, turn):
            yield replace(piece, begins_segment=piece.begins_segment and not name_pieces)


def _name_pieces(name: str, segment: Segment, turn: int) -> Iterator[_Piece]:
    """Yield a name and a colon, which belong to the word after them."""
    for n_word, word in enumerate(f"{name}:".split()):
        for n_part, part in enumerate(line_parts(word)):
            yield _Piece(
                part,
                start_s=segment.start,
                end_s=segment.start,
                begins_segment=n_word == n_part == 0,
                continues_word=n_part > 0,
                is_part=True,
                turn=turn,
                speaker=segment.speaker,
            )


def _pieces_of(segment: Segment, words: Sequence[str], turn: int) -> Iterator[_Piece]:
    spans = _character_spans(segment, words)
    n_seen = 0
    for word in words:
        parts = line_parts(word)
        is_breakable = has_wordless_script(word)
        for number, part in enumerate(parts):
            last = n_seen + len(part) - 1
            yield _Piece(
                part,
                start_s=spans[n_seen][0],
                end_s=spans[last][1],
                begins_segment=n_seen == 0,
                continues_word=number > 0,
                is_part=not is_breakable and number + 1 < len(parts),
                turn=turn,
                speaker=segment.speaker,
            )
            n_seen = last + 1


def _character_spans(segment: Segment, words: Sequence[str]) -> list[tuple[float, float]]:
    """Return start and end of each character without spaces, in seconds.

    They follow the times of the spoken words. Words that a correction brought in, and all words
    without times, are spread evenly between their neighbours.
    """
    spoken = ["".join(one_line(word.word).split()) for word in segment.words or []]
    times = [
        (_within(segment, word.start), _within(segment, word.end)) for word in segment.words or []
    ]
    if spoken and "".join(spoken) == "".join(words):
        return [span for text, span in zip(spoken, times, strict=True) for _ in text]
    spans: list[tuple[float, float]] = []
    free_from, n_waiting = segment.start, 0
    matcher = SequenceMatcher(a=spoken, b=words, autojunk=False)
    n_read = 0
    for first_spoken, first, n_same in matcher.get_matching_blocks():  # the last one is empty
        n_waiting += sum(map(len, words[n_read:first]))
        until = times[first_spoken][0] if n_same else segment.end
        spans += _spread(n_waiting, free_from, max(until, free_from))
        n_waiting = 0
        for same in range(n_same):
            spans += [times[first_spoken + same]] * len(words[first + same])
            free_from = times[first_spoken + same][1]
        n_read = first + n_same
    return spans


def _spread(n_chars: int, start_s: float, end_s: float) -> list[tuple[float, float]]:
    step_s = (end_s - start_s) / max(n_chars, 1)
    edges = [start_s + step_s * i for i in range(n_chars)] + [end_s]
    return list(pairwise(edges))


def _within(segment: Segment, time_s: float) -> float:
    return min(max(time_s, segment.start), segment.end)
