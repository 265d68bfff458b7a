"""Prepare a recording: decode it, find the speech, measure the loudness, plan the chunks.

A long recording is prepared in two steps: its opening, so that its text need not wait for hours to
be decoded, and then the rest. The rest is planned from the end of the opening's chunks on.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from anyio.to_thread import run_sync

from backend.errors import EmptyAudioError, LlmFailedError, UnreadableAudioError
from backend.llm_client import LlmClient
from backend.media_decoder import MediaDecoder
from backend.pipeline.channels import Signal, speech_signals
from backend.pipeline.chunk import plan_chunks, quietest_point_of
from backend.pipeline.decode import MediaInfo
from backend.pipeline.normalize import speech_gain_db
from backend.pipeline.pcm import PcmRecording
from backend.pipeline.prepare import MAX_SEPARATE_CHANNELS, DecodedMedia
from backend.pipeline.quiet_speech import utterance_gains as utterance_gains_of
from backend.pipeline.spans import SpeechSpan
from backend.pipeline.vad import MIN_SPEECH_S, SpeechDetector
from backend.pipeline.waveform import waveform_of
from backend.storage.blobs import BlobStore, local_file_of_job
from backend.storage.database import RunStore, StartedJob
from backend.storage.disk import retry_on_disk_full
from backend.storage.work_folder import WorkFolder
from backend.transcription.chunk_audio import ChunkAudio
from backend.transcription.context import JobContext
from backend.transcription.plan import Plan, RecordingPlan
from backend.transcription.stages import JobStages
from contracts.audio import SAMPLE_RATE
from contracts.jobs import JobWarning, Stage
from contracts.options import DETECTION, Diarization, TranscribeOptions
from contracts.routing import Route

OPENING_S = 120.0
"""Decoded first of a recording that is more than twice as long."""

MIN_OPENING_SPEECH_S = 10.0
MAX_OPENING_GAIN_DB = 20.0
"""An opening with less speech, or quieter speech, says too little about the recording's loudness:
a murmur before a talk would be raised to the level of the talk."""

MAX_OTHER_TRACKS = 8
"""Other tracks that are searched for speech when the selected one has none."""


class Preparation:
    """Turns an uploaded file into a decoded recording and a plan of chunks."""

    def __init__(  # noqa: PLR0913  # one argument for each dependency
        self,
        *,
        blobs: BlobStore,
        decoder: MediaDecoder,
        work: WorkFolder,
        runs: RunStore,
        stages: JobStages,
        llm: LlmClient,
    ) -> None:
        self._llm = llm
        self._blobs = blobs
        self._decoder = decoder
        self._work = work
        self._runs = runs
        self._stages = stages
        self._detector = SpeechDetector()

    async def prepare(self, run: JobContext, opening: RecordingPlan | None = None) -> RecordingPlan:
        """Decode the recording of a job and plan the chunks of each signal.

        Args:
            opening: the plan of a long recording's opening; None: it is not planned yet.

        Returns: the plan of the opening, which may have no chunks, or of the whole recording.

        Raises: ServiceError: the recording cannot be decoded, or is too long.
        """
        job_id, options = run.job.id, run.job.options
        begun = opening if opening and opening.chunks else None
        async with local_file_of_job(self._blobs, run.blob) as file:
            media, decoded, signals = await self._find_speech(
                run, file, begun, is_first=opening is None
            )
        if not decoded.is_opening:
            await self._runs.set_waveform(job_id, await run_sync(waveform_of, decoded.recording))

        start = begun.chunks[-1].end if begun else 0
        route = await self._llm.known_route(options)
        async with self._stages.enter(job_id, Stage.MEASURING_LOUDNESS, is_shown=begun is None):
            plans = [await self._plan(signal, options, route, start) for signal in signals]
        with_speech = [each for each in plans if each.spans] or plans[:1]
        plan = RecordingPlan(
            signals=[_opening(plans)] if decoded.is_opening else with_speech,
            warnings=_warnings(decoded, media, options),
            audio_track=media.track,
            is_opening=decoded.is_opening,
        )
        if begun:
            return plan.after(begun)
        recordings = [signal.recording for signal in signals]
        language = await self._language(plan, recordings, options, route)
        return plan.model_copy(update={"language": language})

    async def _plan(
        self, signal: Signal, options: TranscribeOptions, route: Route | None, start: int
    ) -> Plan:
        """Plan the chunks of a signal from a sample on, at the loudness of all of it.

        They are no longer than the model recognises well, if that is known.
        """
        recording, spans = signal.recording, signal.spans
        gain_db = await run_sync(speech_gain_db, recording, spans, options)
        utterance_gains = await run_sync(
            utterance_gains_of, recording, spans, options.normalization
        )
        spans = _from(start, spans)
        chunks = await run_sync(
            plan_chunks,
            spans,
            recording.n_samples,
            route.longest_chunk_s(options.chunk_length_s) if route else options.chunk_length_s,
            quietest_point_of(recording),
            start,
        )
        return Plan.of(
            recording=recording,
            spans=spans,
            gain_db=gain_db,
            utterance_gains=[
                (max(first, start), last, raised_db)
                for first, last, raised_db in utterance_gains
                if last > start
            ],
            chunks=chunks,
        )

    async def _language(
        self,
        plan: RecordingPlan,
        recordings: Sequence[PcmRecording],
        options: TranscribeOptions,
        route: Route | None,
    ) -> str | None:
        """Return the language of the first speech, if the model depends on it."""
        if route is None or not route.depends_on_language or not plan.chunks:
            return None
        place = plan.places()[0]
        signal, chunk = plan.signals[place.signal], plan.chunk(place)
        audio = ChunkAudio(recordings[place.signal], signal, options.normalization_options(), chunk)
        with suppress(LlmFailedError):
            pcm = await run_sync(lambda: audio.pcm)
            return (await self._llm.transcribe(pcm, DETECTION)).language
        return None

    async def recordings(self, run: JobContext, plan: RecordingPlan) -> list[PcmRecording]:
        """Return each signal; decode the file again if it is not on this process's disk."""
        path = self._work.pcm(run.job.id)
        if not plan.is_at(path):
            first_s = OPENING_S if plan.is_opening else None
            async with local_file_of_job(self._blobs, run.blob) as file:
                media = await self._probe(run, file, plan.audio_track)
                await self._decode(run, file, media, first_s)
        return [signal.recording(path) for signal in plan.signals]

    async def recording(self, started: StartedJob) -> PcmRecording:
        """Decode the recording of a job that has ended, all channels mixed.

        Raises:
            FileNotFoundError: it is no longer stored.
            ServiceError: it cannot be decoded.
        """
        run = JobContext(started.job, started.owner, started.blob, started.queued_at)
        if not run.blob:
            raise FileNotFoundError
        async with local_file_of_job(self._blobs, run.blob) as file:
            media = await self._probe(run, file, run.job.file.audio_track)
            return (await self._decode(run, file, media)).recording

    async def _find_speech(
        self, run: JobContext, file: Path, begun: RecordingPlan | None, *, is_first: bool
    ) -> tuple[MediaInfo, DecodedMedia, list[Signal]]:
        """Decode the track to transcribe: the selected one, or the first other one with speech.

        A screen recorder may put the silent desktop into the first track and the voice into the
        second.

        Args:
            begun: the plan of an opening with speech; its track is selected.
            is_first: of a long recording decode the opening only.
        """
        options = run.job.options
        selected = begun.audio_track if begun else options.audio_track
        media = await self._probe(run, file, selected)
        first_s = _opening_s(media, options) if is_first else None
        decoded, signals = await self._decode_and_detect(
            run, file, media, first_s, is_shown=begun is None
        )
        if decoded.is_opening or _have_speech(signals) or selected is not None:
            return media, decoded, signals
        for track in [each for each in media.tracks if each.number != media.track][
            :MAX_OTHER_TRACKS
        ]:
            with suppress(EmptyAudioError, UnreadableAudioError):
                other = await self._probe(run, file, track.number)
                others_decoded, others_signals = await self._decode_and_detect(run, file, other)
                if _have_speech(others_signals):
                    return other, others_decoded, others_signals
        return media, decoded, signals

    async def _decode_and_detect(
        self,
        run: JobContext,
        file: Path,
        media: MediaInfo,
        first_s: float | None = None,
        *,
        is_shown: bool = True,
    ) -> tuple[DecodedMedia, list[Signal]]:
        async with self._stages.enter(run.job.id, Stage.DECODING, is_shown=is_shown):
            decoded = await self._decode(run, file, media, first_s)
        async with self._stages.enter(run.job.id, Stage.DETECTING_SPEECH, is_shown=is_shown):
            signals = await run_sync(
                speech_signals, decoded.recording, decoded.channels, self._detector
            )
        return decoded, signals

    async def _probe(self, run: JobContext, file: Path, audio_track: int | None) -> MediaInfo:
        name, input_format = run.job.file.name, run.job.options.input_format
        media = self._decoder.take_probed(run.job.file.sha256, name, input_format, audio_track)
        return media or await self._decoder.probe(
            file, name=name, input_format=input_format, audio_track=audio_track
        )

    async def _decode(
        self, run: JobContext, file: Path, media: MediaInfo, first_s: float | None = None
    ) -> DecodedMedia:
        async def decode() -> DecodedMedia:
            with self._work.writing_pcm(run.job.id) as target:
                decoded = await self._decoder.decode(file, media, target, first_s=first_s)
            return decoded.moved_to(self._work.pcm(run.job.id))

        # a full disk delays a job that was accepted, and does not fail it
        return await retry_on_disk_full(decode)


def _opening_s(media: MediaInfo, options: TranscribeOptions) -> float | None:
    """Return the seconds of a recording to prepare first; None: all of it.

    All of it where it is short, or where it depends on all of it how the channels are mixed.
    """
    is_short = media.duration_s is not None and media.duration_s <= 2 * OPENING_S
    is_by_channel = options.diarization is Diarization.CHANNEL and media.channels > 1
    is_mixed = media.channels > MAX_SEPARATE_CHANNELS
    return None if is_short or is_by_channel or is_mixed else OPENING_S


def _opening(plans: Sequence[Plan]) -> Plan:
    """Return the plan of an opening, without chunks where it says too little about the rest."""
    opening = plans[0].opening()
    is_alike = len(plans) == 1 and opening.gain_db <= MAX_OPENING_GAIN_DB
    is_enough = opening.speech_s >= MIN_OPENING_SPEECH_S
    return opening if is_alike and is_enough else opening.model_copy(update={"chunks": []})


def _from(start: int, spans: Sequence[SpeechSpan]) -> list[SpeechSpan]:
    """Return the speech from a sample on, without what is left of a word that ends there."""
    cut = [SpeechSpan(max(span.start, start), span.end) for span in spans if span.end > start]
    return [
        span
        for span in cut
        if span.start > start or span.end - span.start >= MIN_SPEECH_S * SAMPLE_RATE
    ]


def _have_speech(signals: Sequence[Signal]) -> bool:
    return any(signal.spans for signal in signals)


def _warnings(
    decoded: DecodedMedia, media: MediaInfo, options: TranscribeOptions
) -> list[JobWarning]:
    flags = {
        JobWarning.OTHER_AUDIO_TRACKS: len(media.tracks) > 1 and options.audio_track is None,
        JobWarning.TRUNCATED: decoded.truncated,
        JobWarning.NON_FINITE_SAMPLES: decoded.non_finite,
    }
    return [warning for warning, is_set in flags.items() if is_set]
