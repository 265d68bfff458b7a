"""Formats times for subtitles, tables and paragraphs."""


def to_ms(seconds: float) -> int:
    """Round to the nearest millisecond; truncated times would drift."""
    return int(seconds * 1000 + 0.5)


def timecode(time_ms: int, decimal_mark: str) -> str:
    """Return `HH:MM:SS,mmm`, with more digits from 100 hours on."""
    seconds, ms = divmod(time_ms, 1000)
    return f"{clock(seconds)}{decimal_mark}{ms:03}"


def stamp(seconds: float) -> str:
    """Return `[H:MM:SS]`, which precedes a paragraph."""
    return f"[{clock(seconds).removeprefix('0')}]"


def clock(seconds: float) -> str:
    """Return `HH:MM:SS`, rounded down to a second."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"
