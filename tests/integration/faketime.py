"""Sets the clock of a process, with Debian's package `libfaketime`."""

from pathlib import Path

from debian_packages import unpacked

_LIBRARY = "usr/lib/*/faketime/libfaketimeMT.so.1"


class SettableClock:
    """The wall clock of processes started with `environment`; their monotonic clock is real.

    Args:
        file: holds the clock's offset; created here and read by the processes.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set_offset(0)
        self.environment = {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds; reading the file at each call is slow
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set_offset(self, seconds: int) -> None:
        """Set the clock to this many seconds from the true time."""
        self._file.write_text(f"{seconds:+d}\n")


def _library() -> Path:
    if installed := list(Path("/").glob(_LIBRARY)):
        return installed[0]
    return next(unpacked("libfaketime", "libfaketime").glob(_LIBRARY))
