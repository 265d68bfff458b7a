"""The code uses the field's words; the private words that they replaced stay away."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[3] / "src"
MIGRATIONS = "backend/storage/database/migrations/"
SUFFIXES = {".py", ".js", ".css", ".html"}

FORBIDDEN = {
    "twin": "deduplication, duplicate, primary",
    "twins": "deduplication, duplicate, primary",
    "leader": "primary",
    "maker": "primary",
    "follower": "duplicate, Subscription",
    "followers": "duplicates, Subscription",
    "joined_to": "primary",
    "OURS": "ResultSource.COMPUTE",
    "UNDER_WAY": "ResultSource.PENDING",
    "divide": "resolve",
    "news": "notifications, JobNotifier",
    "in_order": "ordered_map",
    "time_left_told": "eta",
    "Pace": "EtaEstimator",
    "pace": "eta",
    "slowness": "rtf",
    "median_speed": "rtf",
    "JobParts": "each class's own dependencies",
    "stoppable": "cancellable_thread",
    "chunk_answers": "chunk_cache",
    "at_hand": "a return value",
    "once_there_is_room": "retry_on_disk_full",
    "Turn": "JobContext",
    "Transcribing": "ChunkContext",
    "Decoding": "MediaDecoder",
    "Look": "PreviewEntry",
    "Sound": "PreviewAnalysis",
    "mend": "reconcile",
    "take_over": "reassign",
    "chores": "background_tasks",
    "Lane": "QueueName",
    "lane": "QueueName",
    "heard": "EncoderOutput",
    "Heard": "EncoderOutput",
    "hear": "encode",
    "CrossMemory": "CrossAttentionCache",
    "cross_memory": "CrossAttentionCache",
    "TokenMemory": "SelfAttentionCache",
    "Doubt": "QualityIssue",
    "doubts": "quality_issues",
    "silenced": "hallucination_suppressed",
    "Unwanted": "SuppressedTokens",
    "WhisperRules": "LogitFilter",
    "by_name": "resolve_checkpoint_source",
    "told": "what the function does: map_, log_, notify_",
    "tell": "what the function does: map_, log_, notify_",
    "shelf": "upload_queue",
    "Shelf": "upload_queue",
    "taking": "export_menu",
    "Taking": "ExportMenu",
    "patience": "retry_policy",
    "Patience": "RetryPolicy",
    "lighting": "highlights",
}
"""Word, or consecutive words of an identifier, to what replaces it."""

ORDINARY = {
    "divide", "by_name", "hear", "heard", "Heard", "Look", "Sound", "Turn", "Taking", "Decoding",
    "Transcribing",
    "told", "tell", "news", "pace", "Pace", "lane", "shelf", "taking", "patience", "lighting",
    "leader", "maker", "follower", "followers",
}  # fmt: skip
"""Words that a sentence may have: only identifiers are searched for them."""

WHOLE = {"divide", "by_name", "Decoding", "Transcribing"}
"""Words that longer identifiers of libraries contain: only the whole identifier is refused."""

FORBIDDEN_FILES = {
    "twins", "news", "room", "in_order", "pace", "time_left", "parts", "running", "stoppable",
    "keys", "chunk_answers", "reading", "writing", "removal", "rules", "by_name", "doubts",
    "cross_memory", "shelf", "taking", "patience", "memory", "lighting", "sound", "edges",
    "question",
}  # fmt: skip
"""Names that a file may not have; as words of a sentence most of them are fine."""

ALLOWED = {
    (
        "contracts/transcription.py",
        "doubts",
    ): 'validation_alias="doubts", serialization_alias="doubts"',
    ("contracts/transcription.py", "silenced"): 'alias="silenced"',
    ("backend/storage/database/tables.py", "joined_to"): '"joined_to"',
    ("backend/pipeline/speakers/turns.py", "Turn"): "SpeakerTurn",
    ("backend/pipeline/speakers/words.py", "Turn"): "SpeakerTurn",
    ("backend/transcription/diarization.py", "Turn"): "SpeakerTurn",
}
"""File and word to the text in which it may stand: names on the wire and in the database, and
terms of the field."""


def sources() -> Iterator[Path]:
    for path in sorted(SOURCES.rglob("*")):
        if path.suffix in SUFFIXES and MIGRATIONS not in path.as_posix():
            yield path


def pattern_of(word: str) -> re.Pattern[str]:
    """Match a word alone or as a part of a snake_case or camelCase identifier."""
    if word in WHOLE:
        return re.compile(rf"(?<!op\.)(?<!\w){word}(?!\w)")
    before = "(?<![A-Z])" if word[0].isupper() else "(?<![A-Za-z])"
    after = "(?![A-Za-z])" if word.isupper() else "(?![a-z])"
    return re.compile(before + word + after)


def without_prose(text: str, suffix: str) -> str:
    """Return the code with comments and strings blanked, line by line as before."""
    if suffix != ".py":
        prose = re.compile(r"/\*.*?\*/|//[^\n]*|\"[^\"\n]*\"|'[^'\n]*'", re.DOTALL)
        return prose.sub(lambda match: "\n" * match[0].count("\n"), text)
    lines = [""] * (text.count("\n") + 2)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.NAME, tokenize.OP):
            # one dot keeps `op.divide` together; names stay apart
            lines[token.start[0] - 1] += (
                token.string if token.string == "." else f"{token.string}\0"
            )
    return "\n".join(line.replace("\0.", ".").replace("\0", " ") for line in lines)


def found_in(text: str, word: str, suffix: str = ".py") -> list[int]:
    code = without_prose(text, suffix) if word in ORDINARY else text
    return [code[: match.start()].count("\n") + 1 for match in pattern_of(word).finditer(code)]


@pytest.mark.parametrize("word", FORBIDDEN)
def test_a_private_word_does_not_come_back(word: str) -> None:
    left: list[str] = []
    for path in sources():
        name = path.relative_to(SOURCES).as_posix()
        text = path.read_text("utf-8")
        if allowed := ALLOWED.get((name, word)):
            assert allowed in text, f"{allowed!r} is gone: drop the exception"
            text = text.replace(allowed, "")
        left += [f"{name}:{line}" for line in found_in(text, word, path.suffix)]
    assert not left, f"use {FORBIDDEN[word]}"


def test_no_file_has_a_private_name() -> None:
    named = [path.relative_to(SOURCES) for path in sources() if path.stem in FORBIDDEN_FILES]
    assert not named


def test_the_scan_reads_the_sources() -> None:
    """Otherwise a moved folder would leave nothing to scan, and nothing to fail."""
    suffixes = [path.suffix for path in sources()]
    assert suffixes.count(".py") > 100
    assert suffixes.count(".js") > 30


@pytest.mark.parametrize("suffix", [".py", ".js"])
@pytest.mark.parametrize("word", FORBIDDEN)
def test_each_pattern_finds_its_word(word: str, suffix: str) -> None:
    assert found_in(f"a\n{word}\n", word, suffix) == [2]
    assert not found_in(f"{word}x", word, suffix)
    if word not in WHOLE:
        assert found_in(f"my_{word}", word, suffix), "as the last part of an identifier"
        assert found_in(f"{word}_of", word, suffix), "as the first part of an identifier"


@pytest.mark.parametrize("text", ["# we hear it\n", '"we hear it"\n', 'x = f"hear {y}"\n'])
def test_an_ordinary_word_may_stand_in_a_sentence(text: str) -> None:
    assert not found_in(text, "hear")
    assert found_in(f"{text}def hear(): pass\n", "hear") == [2]
