"""A process of which the clock can be set, from Debian's package `libfaketime`."""

from pathlib import Path

from debian_packages import unpacked

_LIBRARY = "usr/lib/*/faketime/libfaketimeMT.so.1"


class SettableClock:
    """The wall clock of the processes that have this environment; the monotonic one runs on.

    Args:
        file: tells them how far their clock is off.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set_off(0)
        self.environment = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds; to look at each call is slow
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set_off(self, seconds: int) -> None:
        """Step by so many seconds from the true time."""
        self._file.write_text(f"{seconds:+d}\n")


def _library() -> Path:
    if installed := list(Path("/").glob(_LIBRARY)):
        return installed[0]
    return next(unpacked("libfaketime", "libfaketime").glob(_LIBRARY))
