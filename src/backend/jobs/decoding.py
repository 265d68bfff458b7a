"""Decodes recordings to the disk, no longer ones than are accepted and only while there is room."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.errors import TooLongError
from backend.pipeline.decode import MediaInfo, probe
from backend.pipeline.prepare import DecodedMedia, decode_to_pcm, too_long_message
from backend.storage.disk import Disk, map_disk_full


@dataclass(frozen=True)
class Decoding:
    """The limits."""

    disk: Disk
    max_duration_s: float

    def probe(self, source: Path) -> MediaInfo:
        """Tell what a file is.

        Raises:
            EmptyAudioError, UnreadableAudioError, NoAudioStreamError, UnsupportedMediaError:
                what the content is not.
            TooLongError: its header says that it lasts longer than is accepted.
        """
        media = probe(source)
        if (media.duration_s or 0) > self.max_duration_s:
            raise TooLongError(too_long_message(self.max_duration_s))
        return media

    def run(
        self, source: Path, media: MediaInfo, target: Path, stop: Callable[[], None]
    ) -> DecodedMedia:
        """Decode a file; `stop` is called at each block, and may raise.

        Raises:
            DiskFullError: there is no room left.
            ServiceError: see `decode_to_pcm`.
        """

        def on_block() -> None:
            stop()
            self.disk.ensure_free(0)

        with map_disk_full():
            return decode_to_pcm(source, media, target, self.max_duration_s, on_block)
