"""Prepare a recording: decode it, find the speech, measure the loudness, plan the chunks."""

from collections.abc import Callable
from dataclasses import replace

from anyio.to_thread import run_sync

from backend.cancellable_thread import run_in_cancellable_thread
from backend.media_decoder import MediaDecoder
from backend.notifications import JobNotifier
from backend.pipeline.chunk import plan_chunks, quietest_point_of
from backend.pipeline.normalize import speech_gain_db
from backend.pipeline.pcm import PcmRecording
from backend.pipeline.prepare import DecodedMedia
from backend.pipeline.vad import SpeechDetector
from backend.pipeline.waveform import waveform_of
from backend.storage.database import RunStore
from backend.storage.disk import retry_on_disk_full
from backend.storage.work_folder import WorkFolder
from backend.transcription.context import JobContext
from backend.transcription.plan import Plan
from contracts.jobs import JobWarning, Stage


class Preparation:
    """Turns an uploaded file into a decoded recording and a plan of chunks."""

    def __init__(
        self, decoder: MediaDecoder, work: WorkFolder, runs: RunStore, notifier: JobNotifier
    ) -> None:
        self._decoder = decoder
        self._work = work
        self._runs = runs
        self._notifier = notifier
        self._detector = SpeechDetector()

    async def prepare(self, run: JobContext) -> Plan:
        """Decode the recording of a job and plan its chunks.

        Raises: ServiceError: the recording cannot be decoded, or is too long.
        """
        job_id, options = run.job.id, run.job.options
        await self._enter_stage(job_id, Stage.DECODING)
        decoded = await self._decode(run)
        recording = decoded.recording
        await self._runs.set_waveform(job_id, await run_sync(waveform_of, recording))

        await self._enter_stage(job_id, Stage.DETECTING_SPEECH)
        spans = await run_sync(self._detector.find_speech, recording)

        await self._enter_stage(job_id, Stage.MEASURING_LOUDNESS)
        gain_db = await run_sync(speech_gain_db, recording, spans, options)
        chunks = await run_sync(
            plan_chunks,
            spans,
            recording.n_samples,
            options.chunk_length_s,
            quietest_point_of(recording),
        )
        return Plan.of(recording, spans, gain_db, chunks, _warnings(decoded))

    async def recording(self, run: JobContext, plan: Plan) -> PcmRecording:
        """Return the decoded recording; decode it again if it is not on this process's disk."""
        path = self._work.pcm(run.job.id)
        if not plan.is_at(path):
            await self._decode(run)
        return plan.recording(path)

    async def _decode(self, run: JobContext) -> DecodedMedia:
        def decode(check_cancelled: Callable[[], None]) -> DecodedMedia:
            media = self._decoder.probe(run.blob)
            with self._work.writing_pcm(run.job.id) as target:
                decoded = self._decoder.decode(run.blob, media, target, check_cancelled)
            recording = replace(decoded.recording, path=self._work.pcm(run.job.id))
            return replace(decoded, recording=recording)

        # a full disk delays a job that was accepted, and does not fail it
        return await retry_on_disk_full(lambda: run_in_cancellable_thread(decode))

    async def _enter_stage(self, job_id: str, stage: Stage) -> None:
        await self._runs.set_stage(job_id, stage)
        self._notifier.notify(job_id)


def _warnings(decoded: DecodedMedia) -> list[JobWarning]:
    flags = {
        JobWarning.TRUNCATED: decoded.truncated,
        JobWarning.NON_FINITE_SAMPLES: decoded.non_finite,
    }
    return [warning for warning, is_set in flags.items() if is_set]
