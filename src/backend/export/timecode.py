"""Times as subtitles write them."""


def timecode(time_ms: int, decimal_mark: str) -> str:
    """Return `HH:MM:SS,mmm`; more than 99 hours take more digits."""
    seconds, ms = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{decimal_mark}{ms:03}"
