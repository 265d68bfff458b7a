"""What is in an upload, and how it would sound: before anybody decides to transcribe it.

A file is decoded and listened to once, as a job does it; after that each question about it is
answered at once. The decoded recording lies in the work folder under this process's number, so
that it goes with the process at the latest.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from anyio.to_thread import run_sync

from backend.errors import LlmFailedError, LlmNotReadyError, UploadNotFoundError
from backend.jobs.decoding import Decoding
from backend.jobs.parts import JobParts
from backend.jobs.stoppable import in_stoppable_thread
from backend.pipeline.decode import MediaInfo
from backend.pipeline.normalize import apply_gain, gain_db, speech_level_db
from backend.pipeline.pcm import PcmRecording, to_wav
from backend.pipeline.vad import SpeechDetector
from backend.pipeline.waveform import amplified, waveform_of
from backend.storage.uploads import LinkedFile, UploadStore
from contracts.audio import SAMPLE_RATE, NormalizationMethod, NormalizationOptions
from contracts.recordings import RecordingPreview, Waveform

MAX_KEPT = 8
"""Number of decoded recordings kept, the most recently used ones."""

KEPT_S = 900
"""Seconds without a question after which one is removed."""

SWEEP_S = 30.0
"""Seconds between two looks for decoded recordings that nobody needs."""


@dataclass(frozen=True)
class Sound:
    """What was heard in a recording.

    Attributes:
        levels: of the speech, by each method's own measure; see `speech_level_db`.
    """

    media: MediaInfo
    recording: PcmRecording
    levels: Mapping[NormalizationMethod, float | None]
    waveform: Waveform


@dataclass
class _Look:
    """An upload that was looked into, or is being; `n_users` wait for it or read it."""

    owner: str
    file: LinkedFile
    sound: asyncio.Task[Sound]
    n_users: int = 0
    used_at: float = field(default_factory=time.monotonic)

    @property
    def has_failed(self) -> bool:
        return self.sound.done() and (self.sound.cancelled() or bool(self.sound.exception()))


class Previews:
    """Answers about uploads; one recording is decoded at a time, for jobs need the machine too."""

    def __init__(self, parts: JobParts, uploads: UploadStore) -> None:
        self._llm = parts.llm
        self._jobs = parts.transcriptions
        self._work = parts.work
        self._decoding = Decoding(parts.disk, parts.settings.max_duration_s)
        self._detector = SpeechDetector()
        self._uploads = uploads
        self._turn = asyncio.Semaphore(1)
        self._looks: dict[str, _Look] = {}

    async def recording(
        self, upload_id: str, owner: str, options: NormalizationOptions
    ) -> RecordingPreview:
        """Return what is in a finished upload.

        Raises:
            UploadNotFoundError: no upload of that owner has this id.
            WrongStateError: bytes are missing.
            ServiceError: what a job for it would be refused for, or fail with.
        """
        async with self._sound_of(upload_id, owner) as (file, sound):
            recording = sound.recording
            gain = gain_db(sound.levels[options.normalization], options)
            return RecordingPreview(
                name=file.name,
                size_bytes=file.size_bytes,
                container=sound.media.container,
                codec=sound.media.codec,
                sample_rate=sound.media.sample_rate,
                channels=sound.media.channels,
                duration_s=recording.duration_s,
                loudness_lufs=sound.levels[NormalizationMethod.LUFS],
                peak_dbfs=20 * math.log10(recording.peak) if recording.peak else None,
                estimate_s=await self._estimate_s(recording.duration_s),
                gain_db=gain,
                waveform=sound.waveform,
                normalized=amplified(sound.waveform, gain),
            )

    async def excerpt(
        self,
        upload_id: str,
        owner: str,
        start_s: float,
        duration_s: float,
        options: NormalizationOptions,
    ) -> bytes:
        """Return part of an upload as the model would hear it: WAV, 16 kHz, mono.

        Returns: no sample if it begins after the recording's end.
        Raises: as `recording` does.
        """
        async with self._sound_of(upload_id, owner) as (_, sound):
            gain = gain_db(sound.levels[options.normalization], options)
            n_samples = sound.recording.n_samples
            start = min(round(start_s * SAMPLE_RATE), n_samples)
            end = min(start + round(duration_s * SAMPLE_RATE), n_samples)
            return await run_sync(
                lambda: to_wav(apply_gain(sound.recording.read(start, end), gain))
            )

    async def sweep_forever(self) -> None:
        """Remove the decoded recordings that nobody asks about, from now on."""
        while True:
            await asyncio.sleep(SWEEP_S)
            for upload_id, look in [*self._looks.items()]:
                is_idle = look.used_at < time.monotonic() - KEPT_S
                is_needed = not is_idle and await self._is_there(upload_id, look.owner)
                if not is_needed and not look.n_users:
                    self._forget(upload_id)

    async def close(self) -> None:
        """Stop looking into uploads, and keep nothing of them."""
        for upload_id, look in [*self._looks.items()]:
            look.sound.cancel()
            await asyncio.gather(look.sound, return_exceptions=True)
            self._forget(upload_id)

    @asynccontextmanager
    async def _sound_of(
        self, upload_id: str, owner: str
    ) -> AsyncGenerator[tuple[LinkedFile, Sound]]:
        """Give what an upload holds; its decoded recording stays meanwhile."""
        await self._uploads.find(upload_id, owner)  # it may have been claimed or removed
        look = self._looks.get(upload_id) or await self._begin(upload_id, owner)
        look.n_users += 1
        try:
            yield look.file, await asyncio.shield(look.sound)
        finally:
            look.n_users -= 1
            look.used_at = time.monotonic()
            self._forget_superfluous()

    async def _begin(self, upload_id: str, owner: str) -> _Look:
        file = await self._uploads.link(upload_id, owner)
        if upload_id in self._looks:  # somebody else was faster
            _remove(file.path)
        else:
            sound = asyncio.create_task(self._listen(file.path))
            self._looks[upload_id] = _Look(owner, file, sound)
        return self._looks[upload_id]

    async def _listen(self, path: Path) -> Sound:
        """Decode a file and listen to it; the file is removed."""
        target = self._work.path_for_new_file()
        try:
            async with self._turn:
                return await in_stoppable_thread(lambda stop: self._hear(path, target, stop))
        except BaseException:
            _remove(target)
            raise
        finally:
            _remove(path)

    def _hear(self, path: Path, target: Path, stop: Callable[[], None]) -> Sound:
        media = self._decoding.probe(path)
        recording = self._decoding.run(path, media, target, stop).recording
        spans = self._detector.find_speech(recording)
        levels = {each: speech_level_db(recording, spans, each) for each in NormalizationMethod}
        return Sound(media, recording, levels, waveform_of(recording))

    def _forget_superfluous(self) -> None:
        unused = {upload_id: look for upload_id, look in self._looks.items() if not look.n_users}
        by_use = sorted(unused, key=lambda upload_id: unused[upload_id].used_at, reverse=True)
        for place, upload_id in enumerate(by_use):
            if place >= MAX_KEPT or unused[upload_id].has_failed:
                self._forget(upload_id)

    def _forget(self, upload_id: str) -> None:
        look = self._looks.pop(upload_id)
        if not look.sound.done():
            look.sound.cancel()
        elif not look.has_failed:
            _remove(look.sound.result().recording.path)

    async def _is_there(self, upload_id: str, owner: str) -> bool:
        try:
            await self._uploads.find(upload_id, owner)
        except UploadNotFoundError:
            return False
        return True

    async def _estimate_s(self, duration_s: float) -> float | None:
        """Return the seconds until a recording would be transcribed, if that can be said.

        The lanes share the machine: while others have work, its own has half of it.
        """
        try:
            model = await self._llm.serving_model()
        except (LlmNotReadyError, LlmFailedError):
            return None
        speed = await self._jobs.recent_speed(model.name)
        if speed is None:
            return None
        ahead_s, beside_s = await self._jobs.audio_left(duration_s)
        own_s = ahead_s + duration_s
        return round(speed * (own_s + min(own_s, beside_s)), 1)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
