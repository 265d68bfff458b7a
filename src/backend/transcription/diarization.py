"""Find out who speaks when, and give the segments of a transcript their speakers.

Channels identify their speakers at once. Voices are found once the text is written, in a step of
their own: finding those of three hours takes minutes, and the text should not wait for them.
"""

import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

import structlog
from anyio.to_thread import run_sync

from backend.eta import EtaEstimator, stored_eta
from backend.llm_client import LlmClient
from backend.pipeline.normalize import at_even_level
from backend.pipeline.pcm import PcmRecording, to_s16le
from backend.pipeline.spans import joined_spans
from backend.pipeline.speakers.stretches import Stretch, stretches
from backend.pipeline.speakers.turns import SpeakerTurn, VoiceCollector
from backend.pipeline.speakers.words import SpeakerTurns
from backend.storage.database import RunStore, StoredSegment
from backend.storage.disk import retry_on_disk_full
from backend.transcription.context import Checkpoint, JobContext
from backend.transcription.ordered_map import ordered_map
from backend.transcription.plan import Plan, RecordingPlan
from backend.transcription.stages import JobStages
from contracts.audio import SAMPLE_RATE
from contracts.jobs import JobWarning, Stage
from contracts.options import Diarization
from contracts.speakers import MAX_VOICE_AUDIO_S, SpeakerSegmentation
from servicekit.errors import ServiceError

log = structlog.get_logger()

_CONCURRENCY = 2
"""Stretches of one job at the llm at once: one is prepared while another is worked on."""

_MAX_MIXED_SHARE = 0.1
"""Of the speech on single channels: as much may sound on several and it is still a call."""

_ALONE = [SpeakerTurn(0.0, 0.0, 0)]
"""The only speaker of a recording without channels of their own: nearest to everything."""


def channel_turns(plan: RecordingPlan, diarization: Diarization) -> list[SpeakerTurns] | None:
    """Return who speaks when, for each signal; None: the channels do not identify the speakers."""
    is_asked = diarization is Diarization.CHANNEL
    if is_asked or (diarization is Diarization.AUTO and _is_call(plan)):
        return _by_channel(plan)
    return None


def is_by_voice(plan: RecordingPlan, diarization: Diarization) -> bool:
    """Return whether the speakers are to be found by their voices."""
    return diarization is not Diarization.NONE and channel_turns(plan, diarization) is None


class Diarizer:
    """Asks the llm for the voices of a recording, clusters them, and assigns the segments.

    Args:
        eta_interval_s: seconds between two updates of the stored ETA.
    """

    def __init__(
        self,
        llm: LlmClient,
        runs: RunStore,
        stages: JobStages,
        checkpoint: Checkpoint,
        eta_interval_s: float,
    ) -> None:
        self._llm = llm
        self._runs = runs
        self._stages = stages
        self._checkpoint = checkpoint
        self._eta_interval_s = eta_interval_s

    async def diarize(
        self, run: JobContext, plan: RecordingPlan, recordings: Sequence[PcmRecording]
    ) -> None:
        """Find the speakers by voice, if that is requested, and store who says each segment.

        A checkpoint keeps who speaks when. A failure is a warning: a text without speakers is
        better than no text.
        """
        if not is_by_voice(plan, run.job.options.diarization):
            return

        async def compute() -> str:
            try:
                turns = await self._by_voice(run, plan, recordings)
            except ServiceError as error:
                log.warning("diarization_failed", job_id=run.job.id, cause=repr(error.__cause__))
                return json.dumps(None)
            return json.dumps([(turn.start, turn.end, turn.speaker) for turn in turns])

        async with self._stages.enter(run.job.id, Stage.FINDING_SPEAKERS):
            turns = json.loads(await self._checkpoint("diarize", compute))
            if turns is None:
                await self._runs.add_warning(run.job.id, JobWarning.SPEAKERS_UNKNOWN)
            else:
                await self._store(run.job.id, [SpeakerTurn(*turn) for turn in turns])

    async def _store(self, job_id: str, turns: Sequence[SpeakerTurn]) -> None:
        revision, stored = await self._runs.segments(job_id)
        spoken = await run_sync(segments_by_speaker, stored, turns)
        await retry_on_disk_full(partial(self._runs.set_segments, job_id, revision, spoken))

    async def _by_voice(
        self, run: JobContext, plan: RecordingPlan, recordings: Sequence[PcmRecording]
    ) -> list[SpeakerTurn]:
        """Cluster the voices of a recording, in a mix of all channels if it has several signals."""
        recording = recordings[0]
        if len(recordings) > 1:
            n_channels = len(recording.weights)
            recording = replace(recording, weights=(1 / n_channels,) * n_channels)
        spans = joined_spans(span for signal in plan.signals for span in signal.speech_spans())
        voices = VoiceCollector()
        parts = list(stretches(spans, recording.n_samples))
        found = ordered_map(partial(self._segment, recording), parts, lambda: _CONCURRENCY)
        eta = EtaEstimator(
            sum(part.length_s for part in parts), _CONCURRENCY * MAX_VOICE_AUDIO_S, None
        )
        updates = stored_eta(self._runs, run.job.id, eta, self._eta_interval_s)
        async with aclosing(found), updates:
            remaining = iter(parts)
            async for segmentation in found:
                part = next(remaining)
                voices.add(part, segmentation.turns)
                eta.add(part.length_s)
        return await run_sync(voices.turns, run.job.options.num_speakers)

    async def _segment(self, recording: PcmRecording, stretch: Stretch) -> SpeakerSegmentation:
        def pcm() -> bytes:
            return to_s16le(at_even_level(recording.read(stretch.start, stretch.end)))

        return await self._llm.segment_speakers(await run_sync(pcm))


def segments_by_speaker(
    segments: Sequence[StoredSegment], turns: Sequence[SpeakerTurn]
) -> list[StoredSegment]:
    """Return the segments of a transcript, split where the speaker changes and numbered in order.

    Corrected ones stay whole.
    """
    assigned = {each.segment.index: each.assigned_speaker for each in segments}
    spoken = SpeakerTurns(turns).split([each.segment for each in segments], 0.0)
    return [
        StoredSegment(
            part.segment.model_copy(
                update={"index": index, "speaker": part.speaker, "overlap": part.overlap}
            ),
            assigned[part.segment.index],
        )
        for index, part in enumerate(spoken)
    ]


def _is_call(plan: RecordingPlan) -> bool:
    """Return whether almost all speech is on one channel only, and on several of them."""
    own = [signal.speech_s for signal in plan.signals if _is_channel(signal)]
    mixed = [signal.speech_s for signal in plan.signals if not _is_channel(signal)]
    return len(own) > 1 and sum(mixed) <= _MAX_MIXED_SHARE * sum(own)


def _is_channel(signal: Plan) -> bool:
    """Return whether a signal is one channel of several."""
    return len(signal.weights) > 1 and sorted(signal.weights)[-2:] == [0.0, 1.0]


def _by_channel(plan: RecordingPlan) -> list[SpeakerTurns]:
    """Return the turns of each signal; what several channels have goes to who speaks around it."""
    channels = [signal for signal in plan.signals if _is_channel(signal)]
    channels.sort(key=lambda signal: signal.spans[0])
    own = [
        [SpeakerTurn(span.start / SAMPLE_RATE, span.end / SAMPLE_RATE, number) for span in spans]
        for number, spans in enumerate(signal.speech_spans() for signal in channels)
    ]
    everyone = sorted((turn for turns in own for turn in turns), key=lambda turn: turn.start)
    return [
        SpeakerTurns(own[channels.index(signal)] if signal in channels else everyone or _ALONE)
        for signal in plan.signals
    ]
