"""Decode recordings to disk, within the limits on length and disk space."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backend.errors import TooLongError
from backend.pipeline.decode import MediaInfo, probe
from backend.pipeline.prepare import DecodedMedia, decode_to_pcm, too_long_message
from backend.storage.disk import Disk, map_disk_full
from contracts.audio import InputFormat


@dataclass(frozen=True)
class MediaDecoder:
    """Probes and decodes media files."""

    disk: Disk
    max_duration_s: float

    def probe(
        self,
        source: Path,
        *,
        name: str = "",
        input_format: InputFormat = InputFormat.AUTO,
        audio_track: int | None = None,
    ) -> MediaInfo:
        """Return the properties of a media file; see `backend.pipeline.decode.probe`.

        Raises:
            EmptyAudioError, UnreadableAudioError, NoAudioStreamError, UnsupportedMediaError:
                the file is not usable.
            NoSuchTrackError: there is no track `audio_track`.
            TooLongError: its header declares more than `max_duration_s`.
        """
        media = probe(source, name=name, input_format=input_format, audio_track=audio_track)
        if (media.duration_s or 0) > self.max_duration_s:
            raise TooLongError(too_long_message(self.max_duration_s))
        return media

    def decode(
        self, source: Path, media: MediaInfo, target: Path, check_cancelled: Callable[[], None]
    ) -> DecodedMedia:
        """Decode a file to 16 kHz mono PCM.

        Args:
            media: the result of `probe`.
            target: the file to write.
            check_cancelled: called for each block; raises to abort.

        Raises:
            DiskFullError: the disk is full.
            ServiceError: see `decode_to_pcm`.
        """

        def on_block() -> None:
            check_cancelled()
            self.disk.ensure_free(0)

        with map_disk_full():
            return decode_to_pcm(source, media, target, self.max_duration_s, on_block)
