"""Open and decode recordings in processes of their own, within limits on all that they may use."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import structlog
from anyio.to_thread import run_sync

from backend.errors import DecoderCrashedError, DecodingLimitError, TooLongError
from backend.isolated_process import (
    IsolatedProcesses,
    ProcessDiedError,
    ProcessLimitError,
    Report,
)
from backend.media_functions import decode_file, probe_file
from backend.pipeline.decode import MediaInfo
from backend.pipeline.prepare import DecodedMedia, n_decoded_channels, too_long_message
from backend.process_sandbox import Limits
from backend.storage.disk import Disk, map_disk_full
from contracts.audio import SAMPLE_RATE, SAMPLE_WIDTH_BYTES, InputFormat

log = structlog.get_logger()

MAX_PROBES = 2
"""Files that are opened at once: it takes milliseconds each."""

MEMORY_BYTES = 512 * 2**20
"""For one file; a recording of 12 hours takes less than 100 MB."""

_PRELOADED = probe_file.__module__, "av.subtitles.stream"
"""The second is imported by PyAV when it opens a file."""

_MAX_KEPT = 64
"""Results of `probe` that are kept for their jobs."""

_PROBE_LIMITS = Limits(cpu_s=20, memory_bytes=MEMORY_BYTES, file_bytes=0, silent_s=60.0)

_SILENT_S = 120.0
"""Seconds in which a second of audio must be decoded; a disk that wakes up takes some."""

_MIN_CPU_S = 60
_CPU_PER_AUDIO = 0.1
"""Seconds of processor time for a second of a channel; usual codecs take 0.002."""

_FILE_SLACK_S = 60
"""Seconds that a decoded file may be longer than the limit, before decoding notices it."""


class MediaDecoder:
    """Probes and decodes media files.

    Args:
        max_duration_s: of a recording.
        max_decoded: files that are decoded at once.
    """

    def __init__(self, disk: Disk, max_duration_s: float, max_decoded: int = 2) -> None:
        self._disk = disk
        self._max_duration_s = max_duration_s
        self._probes = asyncio.Semaphore(MAX_PROBES)
        self._decodes = asyncio.Semaphore(max_decoded)
        self._processes = IsolatedProcesses(_PRELOADED)
        self._probed: OrderedDict[object, MediaInfo] = OrderedDict()

    async def start(self) -> None:
        """Prepare for the first recording."""
        await self._processes.start()

    async def probe(
        self,
        source: Path,
        *,
        name: str = "",
        input_format: InputFormat = InputFormat.AUTO,
        audio_track: int | None = None,
        keep_as: str | None = None,
    ) -> MediaInfo:
        """Return the properties of a media file; see `backend.pipeline.decode.probe`.

        Args:
            keep_as: SHA-256 of the content, to keep the result for `take_probed`.

        Raises:
            EmptyAudioError, UnreadableAudioError, NoAudioStreamError, UnsupportedMediaError:
                the file is not usable.
            NoSuchTrackError: there is no track `audio_track`.
            TooLongError: its header declares more than `max_duration_s`.
            DecoderCrashedError: the process crashed, twice.
            DecodingLimitError: it took too much memory or time.
        """
        work = partial(probe_file, source, name, input_format, audio_track)
        async with self._probes:
            try:
                media = await self._probe(work, source)
            except DecoderCrashedError:
                media = await self._probe(work, source)
        if keep_as is not None:
            self._keep((keep_as, name, input_format, audio_track), media)
        if (media.duration_s or 0) > self._max_duration_s:
            raise TooLongError(too_long_message(self._max_duration_s))
        return media

    def take_probed(
        self, sha256: str, name: str, input_format: InputFormat, audio_track: int | None
    ) -> MediaInfo | None:
        """Return and forget what `probe` has kept: the job needs it soon after the upload."""
        return self._probed.pop((sha256, name, input_format, audio_track), None)

    async def decode(
        self, source: Path, media: MediaInfo, target: Path, *, first_s: float | None = None
    ) -> DecodedMedia:
        """Decode a file to 16 kHz mono PCM.

        Args:
            media: the result of `probe`.
            target: the file to write.
            first_s: seconds after which to stop; None: decode all.

        Raises:
            DiskFullError: the disk is full.
            DecoderCrashedError: the process crashed.
            DecodingLimitError: it took too much memory or time.
            ServiceError: see `decode_to_pcm`.
        """
        async with self._decodes:
            await self._ensure_free()
            with map_disk_full(), _mapped_errors():
                await run_sync(target.touch)
                return await self._processes.run(
                    partial(decode_file, source, media, target, self._max_duration_s, first_s),
                    DecodedMedia,
                    self._limits(source, media, target),
                    self._ensure_free,
                )

    def _keep(self, content: object, media: MediaInfo) -> None:
        self._probed[content] = media
        if len(self._probed) > _MAX_KEPT:
            self._probed.popitem(last=False)

    async def _probe(self, work: Callable[[Report], MediaInfo], source: Path) -> MediaInfo:
        limits = replace(_PROBE_LIMITS, readable=(source,))
        with _mapped_errors():
            return await self._processes.run(work, MediaInfo, limits)

    def _limits(self, source: Path, media: MediaInfo, target: Path) -> Limits:
        n_channels = n_decoded_channels(media)
        return Limits(
            cpu_s=round(_MIN_CPU_S + self._max_duration_s * _CPU_PER_AUDIO * media.channels),
            memory_bytes=MEMORY_BYTES,
            file_bytes=round(
                (self._max_duration_s + _FILE_SLACK_S)
                * SAMPLE_RATE
                * SAMPLE_WIDTH_BYTES
                * n_channels
            ),
            silent_s=_SILENT_S,
            readable=(source,),
            writable=(target,),
        )

    async def _ensure_free(self) -> None:
        await run_sync(self._disk.ensure_free, 0)


@contextmanager
def _mapped_errors() -> Generator[None]:
    """Turn the errors of a process into those of its file."""
    try:
        yield
    except ProcessDiedError as error:
        log.warning("decoder_crashed", cause=str(error))
        raise DecoderCrashedError("The decoder crashed on this recording.") from error
    except ProcessLimitError as error:
        log.warning("decoder_exceeded_limit", limit=error.limit)
        raise DecodingLimitError(
            f"Decoding this recording takes more {error.limit} than a recording may take."
        ) from error
