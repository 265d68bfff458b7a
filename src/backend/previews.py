"""Analyze uploads before they are transcribed: duration, loudness, waveform, an excerpt.

A file is decoded once; later requests reuse the result. The decoded recording lies in the work
folder under this process's number, so that it is removed with the process at the latest.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from anyio.to_thread import run_sync

from backend.errors import LlmFailedError, LlmNotReadyError, UploadNotFoundError
from backend.llm_client import LlmClient
from backend.media_decoder import MediaDecoder
from backend.pipeline.decode import MediaInfo
from backend.pipeline.normalize import apply_gain, gain_db, speech_level_db
from backend.pipeline.pcm import PcmRecording, to_wav
from backend.pipeline.vad import SpeechDetector
from backend.pipeline.waveform import amplified, waveform_of
from backend.storage.database import JobStore, QueueStore
from backend.storage.uploads import LinkedFile, UploadStore
from backend.storage.work_folder import WorkFolder
from contracts.audio import SAMPLE_RATE, NormalizationMethod, NormalizationOptions
from contracts.recordings import RecordingPreview, Waveform

MAX_KEPT = 8
"""Number of decoded recordings kept, the most recently used ones."""


@dataclass(frozen=True)
class PreviewAnalysis:
    """A decoded upload and its measurements.

    Attributes:
        levels: of the speech, by each method's own measure; see `speech_level_db`.
    """

    media: MediaInfo
    recording: PcmRecording
    levels: Mapping[NormalizationMethod, float | None]
    waveform: Waveform


@dataclass
class PreviewEntry:
    """An upload that is analyzed, or being analyzed; `n_users` requests use it."""

    owner: str
    file: LinkedFile
    analysis: asyncio.Task[PreviewAnalysis]
    n_users: int = 0
    used_at: float = field(default_factory=time.monotonic)

    @property
    def has_failed(self) -> bool:
        """Whether the analysis ended without a result."""
        analysis = self.analysis
        return analysis.done() and (analysis.cancelled() or bool(analysis.exception()))


class Previews:
    """The previews of uploads; one recording is decoded at a time, to leave cores for jobs.

    Args:
        idle_s: seconds after which an unused preview is removed.
        sweep_s: seconds between two checks for unused previews.
    """

    def __init__(  # noqa: PLR0913  # one argument for each dependency
        self,
        *,
        uploads: UploadStore,
        work: WorkFolder,
        decoder: MediaDecoder,
        llm: LlmClient,
        jobs: JobStore,
        waiting: QueueStore,
        idle_s: float,
        sweep_s: float,
    ) -> None:
        self._llm = llm
        self._jobs = jobs
        self._waiting = waiting
        self._work = work
        self._decoder = decoder
        self._idle_s = idle_s
        self._sweep_s = sweep_s
        self._detector = SpeechDetector()
        self._uploads = uploads
        self._decode_slot = asyncio.Semaphore(1)
        self._entries: dict[str, PreviewEntry] = {}

    async def recording(
        self, upload_id: str, owner: str, options: NormalizationOptions
    ) -> RecordingPreview:
        """Return the properties of a complete upload.

        Raises:
            UploadNotFoundError: no upload of that owner has this id.
            WrongStateError: bytes are missing.
            ServiceError: the problem that a job for it would have.
        """
        async with self._analysis_of(upload_id, owner) as (file, analysis):
            recording = analysis.recording
            gain = gain_db(analysis.levels[options.normalization], options)
            return RecordingPreview(
                name=file.name,
                size_bytes=file.size_bytes,
                container=analysis.media.container,
                codec=analysis.media.codec,
                sample_rate=analysis.media.sample_rate,
                channels=analysis.media.channels,
                duration_s=recording.duration_s,
                loudness_lufs=analysis.levels[NormalizationMethod.LUFS],
                peak_dbfs=20 * math.log10(recording.peak) if recording.peak else None,
                estimate_s=await self._estimate_s(recording.duration_s),
                gain_db=gain,
                waveform=analysis.waveform,
                normalized=amplified(analysis.waveform, gain),
            )

    async def excerpt(
        self,
        upload_id: str,
        owner: str,
        start_s: float,
        duration_s: float,
        options: NormalizationOptions,
    ) -> bytes:
        """Return part of an upload as the model gets it: WAV, 16 kHz, mono.

        Returns: an empty WAV if it starts after the recording's end.
        Raises: as `recording` does.
        """
        async with self._analysis_of(upload_id, owner) as (_, analysis):
            gain = gain_db(analysis.levels[options.normalization], options)
            n_samples = analysis.recording.n_samples
            start = min(round(start_s * SAMPLE_RATE), n_samples)
            end = min(start + round(duration_s * SAMPLE_RATE), n_samples)
            return await run_sync(
                lambda: to_wav(apply_gain(analysis.recording.read(start, end), gain))
            )

    async def sweep_forever(self) -> None:
        """Remove unused previews, at regular intervals."""
        while True:
            await asyncio.sleep(self._sweep_s)
            for upload_id, entry in [*self._entries.items()]:
                is_idle = entry.used_at < time.monotonic() - self._idle_s
                is_needed = not is_idle and await self._exists(upload_id, entry.owner)
                if not is_needed and not entry.n_users:
                    self._remove(upload_id)

    async def close(self) -> None:
        """Stop all analyses and remove all previews."""
        for upload_id, entry in [*self._entries.items()]:
            entry.analysis.cancel()
            await asyncio.gather(entry.analysis, return_exceptions=True)
            self._remove(upload_id)

    @asynccontextmanager
    async def _analysis_of(
        self, upload_id: str, owner: str
    ) -> AsyncGenerator[tuple[LinkedFile, PreviewAnalysis]]:
        """Provide an upload and its analysis; keep the decoded recording meanwhile."""
        await self._uploads.find(upload_id, owner)  # it may have been claimed or removed
        entry = self._entries.get(upload_id) or await self._begin(upload_id, owner)
        entry.n_users += 1
        try:
            yield entry.file, await asyncio.shield(entry.analysis)
        finally:
            entry.n_users -= 1
            entry.used_at = time.monotonic()
            self._remove_superfluous()

    async def _begin(self, upload_id: str, owner: str) -> PreviewEntry:
        file = await self._uploads.link(upload_id, owner)
        if upload_id in self._entries:  # another request was faster
            _unlink(file.path)
        else:
            analysis = asyncio.create_task(self._run_analysis(file))
            self._entries[upload_id] = PreviewEntry(owner, file, analysis)
        return self._entries[upload_id]

    async def _run_analysis(self, file: LinkedFile) -> PreviewAnalysis:
        """Decode and analyze a file, then remove it."""
        target = self._work.path_for_new_file()
        try:
            async with self._decode_slot:
                media = await self._decoder.probe(file.path, name=file.name)
                decoded = await self._decoder.decode(file.path, media, target)
                return await run_sync(self._analyze, media, decoded.recording)
        except BaseException:
            _unlink(target)
            raise
        finally:
            _unlink(file.path)

    def _analyze(self, media: MediaInfo, recording: PcmRecording) -> PreviewAnalysis:
        spans = self._detector.find_speech(recording)
        levels = {each: speech_level_db(recording, spans, each) for each in NormalizationMethod}
        return PreviewAnalysis(media, recording, levels, waveform_of(recording))

    def _remove_superfluous(self) -> None:
        unused = {
            upload_id: entry for upload_id, entry in self._entries.items() if not entry.n_users
        }
        by_use = sorted(unused, key=lambda upload_id: unused[upload_id].used_at, reverse=True)
        for place, upload_id in enumerate(by_use):
            if place >= MAX_KEPT or unused[upload_id].has_failed:
                self._remove(upload_id)

    def _remove(self, upload_id: str) -> None:
        entry = self._entries.pop(upload_id)
        if not entry.analysis.done():
            entry.analysis.cancel()
        elif not entry.has_failed:
            _unlink(entry.analysis.result().recording.path)

    async def _exists(self, upload_id: str, owner: str) -> bool:
        try:
            await self._uploads.find(upload_id, owner)
        except UploadNotFoundError:
            return False
        return True

    async def _estimate_s(self, duration_s: float) -> float | None:
        """Return the seconds until a recording would be transcribed; None: unknown.

        The queues share the machine: while others have work, its own gets half of it.
        """
        try:
            model = await self._llm.serving_model()
        except (LlmNotReadyError, LlmFailedError):
            return None
        rtf = await self._jobs.recent_rtf(model.name)
        if rtf is None:
            return None
        ahead_s, beside_s = await self._waiting.remaining_audio_s(duration_s)
        own_s = ahead_s + duration_s
        return round(rtf * (own_s + min(own_s, beside_s)), 1)


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
