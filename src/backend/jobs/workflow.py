"""What happens to a recording, stage after stage.

decode -> find speech -> measure loudness -> cut -> transcribe -> assemble
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog

from backend.jobs.in_order import map_in_order
from backend.llm_client import LlmClient
from backend.pipeline.assemble import Assembly
from backend.pipeline.chunk import Chunk, plan_chunks, quietest_point_of
from backend.pipeline.decode import MediaInfo
from backend.pipeline.normalize import apply_gain, speech_gain_db
from backend.pipeline.pcm import PcmRecording, to_s16le
from backend.pipeline.prepare import Decoded, decode_to_pcm
from backend.pipeline.vad import SpeechDetector, SpeechSpan
from backend.settings import BackendSettings
from backend.storage.disk import Disk, disk_full_told
from contracts.jobs import Job, JobWarning, Stage
from contracts.transcription import ChunkTranscript

log = structlog.get_logger()

T = TypeVar("T")


@dataclass
class Plan:
    """How a recording is given to the model."""

    recording: PcmRecording
    spans: list[SpeechSpan]
    gain_db: float
    chunks: list[Chunk]


class Workflow:
    """Takes recordings through the stages; it holds no state between them."""

    def __init__(self, settings: BackendSettings, llm: LlmClient, disk: Disk) -> None:
        self._settings = settings
        self._disk = disk
        self._llm = llm
        self._detector = SpeechDetector()

    async def run(self, job: Job, source: Path, media: MediaInfo, pcm_path: Path) -> None:
        """Transcribe a recording; the job tells how far it is.

        Args:
            job: filled in on the way: progress, warnings, model, result.
            source: the file that was sent.
            media: what `probe` said of it.
            pcm_path: where the decoded recording is put; the caller removes it.

        Raises:
            ServiceError: what the client is to be told.
        """
        timer = _StageTimer()
        plan = await self._prepare(job, source, media, pcm_path)
        prepare_s = timer.lap_s()
        inference_s = await self._transcribe(job, plan)
        job.progress.stage = Stage.DONE
        job.progress.eta_s = 0.0
        _log_finished(job, prepare_s, timer.lap_s(), inference_s)

    async def _prepare(self, job: Job, source: Path, media: MediaInfo, pcm_path: Path) -> Plan:
        progress = job.progress
        progress.stage = Stage.DECODING
        decoded = await _in_stoppable_thread(
            lambda stop: self._decode(source, media, pcm_path, stop)
        )
        recording = decoded.recording
        job.warnings = _warnings(decoded)
        job.file.duration_s = progress.total_s = round(recording.duration_s, 3)

        progress.stage = Stage.DETECTING_SPEECH
        spans = await asyncio.to_thread(self._detector.find_speech, recording)

        progress.stage = Stage.MEASURING_LOUDNESS
        gain_db = await asyncio.to_thread(speech_gain_db, recording, spans, job.options)
        chunks = await asyncio.to_thread(
            plan_chunks,
            spans,
            recording.n_samples,
            job.options.chunk_length_s,
            quietest_point_of(recording),
        )
        progress.chunks_total = len(chunks)
        return Plan(recording, spans, gain_db, chunks)

    def _decode(
        self, source: Path, media: MediaInfo, pcm_path: Path, stop: Callable[[], None]
    ) -> Decoded:
        def on_block() -> None:
            stop()
            self._disk.ensure_room(0)

        with disk_full_told():
            return decode_to_pcm(source, media, pcm_path, self._settings.max_duration_s, on_block)

    async def _transcribe(self, job: Job, plan: Plan) -> float:
        """Fill in the job's result chunk by chunk; return the model's own seconds."""
        decoding = job.options.decoding()
        assembly = Assembly(plan.spans, plan.recording.duration_s, job.options.language)
        job.progress.stage = Stage.TRANSCRIBING
        job.result = assembly.transcript()
        started = time.monotonic()
        inference_s = 0.0

        async def transcribe(chunk: Chunk) -> tuple[Chunk, ChunkTranscript]:
            pcm = await asyncio.to_thread(_chunk_pcm, plan, chunk)
            return chunk, await self._llm.transcribe(pcm, decoding)

        answers = map_in_order(transcribe, plan.chunks, self._settings.llm_concurrency)
        async with aclosing(answers):
            async for chunk, transcript in answers:
                assembly.add(chunk, transcript)
                inference_s += transcript.timings.inference_s / transcript.timings.batch_size
                _note_model(job, transcript)
                job.result = assembly.transcript()
                _advance(job, chunk, time.monotonic() - started)
        job.progress.processed_s = job.progress.total_s
        return inference_s


def _chunk_pcm(plan: Plan, chunk: Chunk) -> bytes:
    samples = plan.recording.read(chunk.start, chunk.end)
    return to_s16le(apply_gain(samples, plan.gain_db))


def _advance(job: Job, chunk: Chunk, elapsed_s: float) -> None:
    progress = job.progress
    progress.chunks_done += 1
    progress.processed_s = round(chunk.start_s + chunk.duration_s, 3)
    share_left = (progress.total_s - progress.processed_s) / progress.processed_s
    progress.eta_s = round(elapsed_s * share_left, 1)


def _note_model(job: Job, transcript: ChunkTranscript) -> None:
    if job.model not in (None, transcript.model) and JobWarning.MODEL_CHANGED not in job.warnings:
        job.warnings.append(JobWarning.MODEL_CHANGED)
    job.model = transcript.model


def _warnings(decoded: Decoded) -> list[JobWarning]:
    met = {
        JobWarning.TRUNCATED: decoded.truncated,
        JobWarning.NON_FINITE_SAMPLES: decoded.non_finite,
    }
    return [warning for warning, is_so in met.items() if is_so]


async def _in_stoppable_thread(work: Callable[[Callable[[], None]], T]) -> T:
    """Run work in a thread; cancelling us makes its `stop` argument raise at the next call."""
    cancelled = False

    def stop() -> None:
        if cancelled:
            raise asyncio.CancelledError

    thread = asyncio.create_task(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        cancelled = True
        await asyncio.gather(thread, return_exceptions=True)
        raise


class _StageTimer:
    def __init__(self) -> None:
        self._last = time.monotonic()

    def lap_s(self) -> float:
        now = time.monotonic()
        lap, self._last = now - self._last, now
        return lap


def _log_finished(job: Job, prepare_s: float, transcribe_s: float, inference_s: float) -> None:
    audio_s = job.progress.total_s
    waited_s = (job.started_at - job.created_at).total_seconds() if job.started_at else 0.0
    log.info(
        "transcription_finished",
        job_id=job.id,
        model=job.model and job.model.name,
        engine=job.model and job.model.engine,
        device=job.model and job.model.device,
        audio_s=audio_s,
        queue_s=round(waited_s, 3),
        decode_s=round(prepare_s, 3),
        inference_s=round(inference_s, 3),
        rtf=round((prepare_s + transcribe_s) / audio_s, 4) if audio_s else None,
        chunks=job.progress.chunks_total,
    )
