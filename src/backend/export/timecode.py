"""Times as subtitles and tables write them."""


def to_ms(seconds: float) -> int:
    """Return the nearest millisecond; players that truncate drift, we do not."""
    return int(seconds * 1000 + 0.5)


def timecode(time_ms: int, decimal_mark: str) -> str:
    """Return `HH:MM:SS,mmm`; more than 99 hours take more digits."""
    seconds, ms = divmod(time_ms, 1000)
    return f"{clock(seconds)}{decimal_mark}{ms:03}"


def stamp(seconds: float) -> str:
    """Return `[H:MM:SS]`, as it stands before a paragraph."""
    return f"[{clock(seconds).removeprefix('0')}]"


def clock(seconds: float) -> str:
    """Return `HH:MM:SS` of the second that has begun."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"
