"""Prepare a recording: decode it, find the speech, measure the loudness, plan the chunks."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from anyio.to_thread import run_sync

from backend.cancellable_thread import run_in_cancellable_thread
from backend.errors import EmptyAudioError, UnreadableAudioError
from backend.media_decoder import MediaDecoder
from backend.notifications import JobNotifier
from backend.pipeline.chunk import plan_chunks, quietest_point_of
from backend.pipeline.decode import MediaInfo
from backend.pipeline.normalize import speech_gain_db
from backend.pipeline.pcm import PcmRecording
from backend.pipeline.prepare import DecodedMedia
from backend.pipeline.vad import SpeechDetector, SpeechSpan
from backend.pipeline.waveform import waveform_of
from backend.storage.database import RunStore
from backend.storage.disk import retry_on_disk_full
from backend.storage.work_folder import WorkFolder
from backend.transcription.context import JobContext
from backend.transcription.plan import Plan
from contracts.jobs import JobWarning, Stage
from contracts.transcription import TranscribeOptions

MAX_OTHER_TRACKS = 8
"""Other tracks that are searched for speech when the selected one has none."""


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
        media, decoded, spans = await self._find_speech(run)
        recording = decoded.recording
        await self._runs.set_waveform(job_id, await run_sync(waveform_of, recording))

        await self._enter_stage(job_id, Stage.MEASURING_LOUDNESS)
        gain_db = await run_sync(speech_gain_db, recording, spans, options)
        chunks = await run_sync(
            plan_chunks,
            spans,
            recording.n_samples,
            options.chunk_length_s,
            quietest_point_of(recording),
        )
        warnings = _warnings(decoded, media, options)
        plan = Plan.of(recording, spans, gain_db, chunks, warnings)
        return plan.model_copy(update={"audio_track": media.track})

    async def recording(self, run: JobContext, plan: Plan) -> PcmRecording:
        """Return the decoded recording; decode it again if it is not on this process's disk."""
        path = self._work.pcm(run.job.id)
        if not plan.is_at(path):
            await self._decode(run, await self._probe(run, plan.audio_track))
        return plan.recording(path)

    async def _find_speech(
        self, run: JobContext
    ) -> tuple[MediaInfo, DecodedMedia, list[SpeechSpan]]:
        """Decode the track to transcribe: the selected one, or the first other one with speech.

        A screen recorder may put the silent desktop into the first track and the voice into the
        second.
        """
        media = await self._probe(run, run.job.options.audio_track)
        decoded, spans = await self._decode_and_detect(run, media)
        if spans or run.job.options.audio_track is not None:
            return media, decoded, spans
        for track in [each for each in media.tracks if each.number != media.track][
            :MAX_OTHER_TRACKS
        ]:
            with suppress(EmptyAudioError, UnreadableAudioError):
                other = await self._probe(run, track.number)
                others_decoded, others_spans = await self._decode_and_detect(run, other)
                if others_spans:
                    return other, others_decoded, others_spans
        return media, decoded, spans

    async def _decode_and_detect(
        self, run: JobContext, media: MediaInfo
    ) -> tuple[DecodedMedia, list[SpeechSpan]]:
        await self._enter_stage(run.job.id, Stage.DECODING)
        decoded = await self._decode(run, media)
        await self._enter_stage(run.job.id, Stage.DETECTING_SPEECH)
        return decoded, await run_sync(self._detector.find_speech, decoded.recording)

    async def _probe(self, run: JobContext, audio_track: int | None) -> MediaInfo:
        def probe() -> MediaInfo:
            return self._decoder.probe(
                run.blob,
                name=run.job.file.name,
                input_format=run.job.options.input_format,
                audio_track=audio_track,
            )

        return await run_sync(probe)

    async def _decode(self, run: JobContext, media: MediaInfo) -> DecodedMedia:
        def decode(check_cancelled: Callable[[], None]) -> DecodedMedia:
            with self._work.writing_pcm(run.job.id) as target:
                decoded = self._decoder.decode(run.blob, media, target, check_cancelled)
            recording = replace(decoded.recording, path=self._work.pcm(run.job.id))
            return replace(decoded, recording=recording)

        # a full disk delays a job that was accepted, and does not fail it
        return await retry_on_disk_full(lambda: run_in_cancellable_thread(decode))

    async def _enter_stage(self, job_id: str, stage: Stage) -> None:
        await self._runs.set_stage(job_id, stage)
        self._notifier.notify(job_id)


def _warnings(
    decoded: DecodedMedia, media: MediaInfo, options: TranscribeOptions
) -> list[JobWarning]:
    flags = {
        JobWarning.OTHER_AUDIO_TRACKS: len(media.tracks) > 1 and options.audio_track is None,
        JobWarning.TRUNCATED: decoded.truncated,
        JobWarning.NON_FINITE_SAMPLES: decoded.non_finite,
    }
    return [warning for warning, is_set in flags.items() if is_set]
