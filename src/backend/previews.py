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

from backend.errors import OverloadedError, UploadNotFoundError
from backend.llm_client import LlmClient
from backend.media_decoder import MediaDecoder
from backend.owner_limit import OwnerTurns
from backend.pipeline.decode import MediaInfo
from backend.pipeline.normalize import apply_gain, gain_db, speech_level_db
from backend.pipeline.pcm import PcmRecording, to_wav
from backend.pipeline.prepare import n_decoded_channels
from backend.pipeline.vad import SpeechDetector
from backend.pipeline.waveform import amplified, waveform_of
from backend.storage.database import JobStore, QueueStore
from backend.storage.uploads import LinkedFile, UploadStore
from backend.storage.work_folder import WorkFolder
from contracts.audio import (
    SAMPLE_RATE,
    SAMPLE_WIDTH_BYTES,
    NormalizationMethod,
    NormalizationOptions,
)
from contracts.options import TranscribeOptions
from contracts.recordings import RecordingPreview, Waveform

_DEFAULT_OPTIONS = TranscribeOptions.model_validate({})

MAX_KEPT = 8
MAX_KEPT_BYTES = 768 * 2**20
"""Decoded recordings that are kept, the most recently used ones."""

MAX_DECODED_BYTES = 128 * 2**20
"""Of one recording: about 70 minutes of one channel. The rest of a longer one is not analyzed."""

SHORT_S = 600.0
"""Length up to which a recording does not wait for longer ones."""

TIMEOUT_S = 120.0
"""Time for one analysis."""

MAX_UNFINISHED = 32
"""Analyses of one owner that run or wait."""

GRACE_S = 3.0
"""Time after which an analysis ends that no request waits for any more."""

RETRY_AFTER_S = 30
_SLACK_S = 60.0


@dataclass(frozen=True)
class PreviewAnalysis:
    """A decoded upload and its measurements.

    Attributes:
        levels: of the speech, by each method's own measure; see `speech_level_db`.
        is_cut: whether only the beginning was decoded.
    """

    media: MediaInfo
    recording: PcmRecording
    levels: Mapping[NormalizationMethod, float | None]
    waveform: Waveform
    is_cut: bool


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

    @property
    def size_bytes(self) -> int:
        """The size of the decoded recording; 0 until it is complete."""
        if not self.analysis.done() or self.has_failed:
            return 0
        return self.analysis.result().recording.path.stat().st_size


class Previews:
    """The previews of uploads.

    One short and one long recording are decoded at a time, to leave cores for jobs; owners take
    turns.

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
        self._short_turns, self._long_turns = OwnerTurns(), OwnerTurns()
        self._entries: dict[str, PreviewEntry] = {}

    async def recording(
        self, upload_id: str, owner: str, options: NormalizationOptions
    ) -> RecordingPreview:
        """Return the properties of a complete upload.

        Raises:
            UploadNotFoundError: no upload of that owner has this id.
            WrongStateError: bytes are missing.
            OverloadedError: the analysis takes too long, or too many of the owner's wait.
            ServiceError: the problem that a job for it would have.
        """
        async with self._analysis_of(upload_id, owner) as (file, analysis):
            recording = analysis.recording
            # a cut recording has at least the length that its header declares, if any
            declared_s = (analysis.media.duration_s or 0.0) if analysis.is_cut else 0.0
            duration_s = max(recording.duration_s, declared_s)
            gain = gain_db(analysis.levels[options.normalization], options)
            return RecordingPreview(
                name=file.name,
                size_bytes=file.size_bytes,
                container=analysis.media.container,
                codec=analysis.media.codec,
                sample_rate=analysis.media.sample_rate,
                channels=analysis.media.channels,
                duration_s=duration_s,
                analyzed_s=recording.duration_s if analysis.is_cut else None,
                loudness_lufs=analysis.levels[NormalizationMethod.LUFS],
                peak_dbfs=20 * math.log10(recording.peak) if recording.peak else None,
                estimate_s=await self._estimate_s(duration_s),
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
            if not entry.n_users and not entry.analysis.done():
                loop = asyncio.get_running_loop()
                loop.call_later(GRACE_S, self._cancel_unused, upload_id, entry)

    async def _begin(self, upload_id: str, owner: str) -> PreviewEntry:
        unfinished = (one for one in self._entries.values() if not one.analysis.done())
        if sum(one.owner == owner for one in unfinished) >= MAX_UNFINISHED:
            raise OverloadedError("Too many previews are waiting.", retry_after_s=RETRY_AFTER_S)
        file = await self._uploads.link(upload_id, owner)
        if upload_id in self._entries:  # another request was faster
            _unlink(file.path)
        else:
            analysis = asyncio.create_task(self._run_analysis(file, owner))
            self._entries[upload_id] = PreviewEntry(owner, file, analysis)
        return self._entries[upload_id]

    async def _run_analysis(self, file: LinkedFile, owner: str) -> PreviewAnalysis:
        """Decode and analyze a file, then remove it."""
        target = self._work.path_for_new_file()
        try:
            media = await self._decoder.probe(file.path, name=file.name)
            is_short = media.duration_s is not None and media.duration_s <= SHORT_S
            turns = self._short_turns if is_short else self._long_turns
            async with turns.turn(owner), asyncio.timeout(TIMEOUT_S):
                first_s = _analyzed_s(media, is_short=is_short)
                decoded = await self._decoder.decode(file.path, media, target, first_s=first_s)
                return await run_sync(self._analyze, media, decoded.recording, first_s)
        except TimeoutError as error:
            _unlink(target)
            raise OverloadedError(
                "The preview takes too long; the recording can be transcribed without it.",
                retry_after_s=RETRY_AFTER_S,
            ) from error
        except BaseException:
            _unlink(target)
            raise
        finally:
            _unlink(file.path)

    def _analyze(
        self, media: MediaInfo, recording: PcmRecording, first_s: float
    ) -> PreviewAnalysis:
        spans = self._detector.find_speech(recording)
        levels = {each: speech_level_db(recording, spans, each) for each in NormalizationMethod}
        is_cut = recording.duration_s >= first_s
        return PreviewAnalysis(media, recording, levels, waveform_of(recording), is_cut)

    def _cancel_unused(self, upload_id: str, entry: PreviewEntry) -> None:
        is_current = self._entries.get(upload_id) is entry
        if is_current and not entry.n_users and not entry.analysis.done():
            self._remove(upload_id)

    def _remove_superfluous(self) -> None:
        unused = {
            upload_id: entry for upload_id, entry in self._entries.items() if not entry.n_users
        }
        by_use = sorted(unused, key=lambda upload_id: unused[upload_id].used_at, reverse=True)
        n_bytes = 0
        for place, upload_id in enumerate(by_use):
            n_bytes += unused[upload_id].size_bytes
            if place >= MAX_KEPT or n_bytes > MAX_KEPT_BYTES or unused[upload_id].has_failed:
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
        route = await self._llm.known_route(_DEFAULT_OPTIONS)
        if route is None:
            return None
        rtf = await self._jobs.recent_rtf(route.identities[0].name)
        if rtf is None:
            return None
        ahead_s, beside_s = await self._waiting.remaining_audio_s(duration_s)
        own_s = ahead_s + duration_s
        return round(rtf * (own_s + min(own_s, beside_s)), 1)


def _analyzed_s(media: MediaInfo, *, is_short: bool) -> float:
    """Return how many seconds to decode; a short recording may be longer than its header says."""
    bytes_per_s = SAMPLE_RATE * SAMPLE_WIDTH_BYTES * n_decoded_channels(media)
    longest_s = MAX_DECODED_BYTES / bytes_per_s
    return min(longest_s, SHORT_S + _SLACK_S) if is_short else longest_s


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
