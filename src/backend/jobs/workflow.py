"""What happens to a recording, stage after stage.

decode -> find speech -> measure loudness -> cut -> is it known? -> transcribe -> assemble

The first four are one step, each chunk is one: a step that is done is not done again, however
often the process dies. All that is between them only reads, or writes the same again.
"""

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from backend.jobs.chunk_answers import ChunkAnswers
from backend.jobs.decoding import Decoding
from backend.jobs.durable import checkpoint
from backend.jobs.in_order import map_in_order
from backend.jobs.keys import chunk_key
from backend.jobs.pace import Pace
from backend.jobs.parts import JobParts
from backend.jobs.plan import Plan
from backend.jobs.room import once_there_is_room
from backend.jobs.stoppable import in_stoppable_thread
from backend.jobs.time_left import pace_of, time_left_told
from backend.jobs.twins import Twins, Work
from backend.pipeline.assemble import Assembly
from backend.pipeline.chunk import plan_chunks, quietest_point_of
from backend.pipeline.normalize import apply_gain, speech_gain_db
from backend.pipeline.pcm import PcmRecording, to_s16le
from backend.pipeline.prepare import DecodedMedia
from backend.pipeline.vad import SpeechDetector
from backend.pipeline.waveform import waveform_of
from backend.storage.database import ChunkResult, Prepared
from contracts.jobs import Job, JobWarning, Progress, Stage
from contracts.models import ModelIdentity
from contracts.transcription import ChunkTranscript

_CUT_AT_ONCE = 2
"""Chunks that are cut and normalised at the same time: each takes memory, and a core."""


@dataclass
class Turn:
    """One job on its way through the stages, in this process.

    Attributes:
        blob: the recording as it was sent.
        model: what serves, once it is asked for.
        at_hand: answers of the llm until they are assembled, by the chunk's index.
        inference_s: the model's own seconds for them.
        prepare_s: seconds until the first chunk could be sent.
    """

    job: Job
    owner: str
    blob: Path
    model: ModelIdentity | None = None
    at_hand: dict[int, ChunkTranscript] = field(default_factory=dict[int, ChunkTranscript])
    inference_s: float = 0.0
    prepare_s: float = 0.0


@dataclass(frozen=True)
class Transcribing:
    """What every chunk of a job needs."""

    turn: Turn
    plan: Plan
    recording: PcmRecording
    model: ModelIdentity


class Workflow:
    """Takes recordings through the stages; what it keeps of them is in the stores."""

    def __init__(self, parts: JobParts, twins: Twins) -> None:
        self._settings = parts.settings
        self._llm = parts.llm
        self._decoding = Decoding(parts.disk, parts.settings.max_duration_s)
        self._news = parts.news
        self._work = parts.work
        self._transcriptions = parts.transcriptions
        self._answers = ChunkAnswers(parts.chunks, parts.cache)
        self._twins = twins
        self._detector = SpeechDetector()
        self._cutting = CapacityLimiter(_CUT_AT_ONCE)

    async def run(self, turn: Turn) -> bool:
        """Transcribe a recording; the database tells how far it is.

        Returns: whether the whole transcript is there; False: it will come from a twin.

        Raises:
            ServiceError, StepFailedError: what the client is to be told.
        """
        started = time.monotonic()
        plan = Plan.model_validate_json(await checkpoint("prepare", partial(self._prepare, turn)))
        await self._transcriptions.note_prepared(turn.job.id, _prepared(plan))
        if not plan.chunks:
            return True
        turn.model = await self._llm.wait_for_model()
        work = await self._twins.divide(turn.job, plan.audio_sha256, turn.model)
        if work is Work.OURS:
            recording = await self._recording(turn, plan)
            turn.prepare_s = time.monotonic() - started
            await self._transcribe(Transcribing(turn, plan, recording, turn.model))
        return work is not Work.UNDER_WAY

    async def _prepare(self, turn: Turn) -> str:
        job_id, options = turn.job.id, turn.job.options
        await self._note(job_id, Stage.DECODING)
        decoded = await self._decode(turn)
        recording = decoded.recording
        waveform = await run_sync(waveform_of, recording)
        await self._transcriptions.note_waveform(job_id, waveform)

        await self._note(job_id, Stage.DETECTING_SPEECH)
        spans = await run_sync(self._detector.find_speech, recording)

        await self._note(job_id, Stage.MEASURING_LOUDNESS)
        gain_db = await run_sync(speech_gain_db, recording, spans, options)
        chunks = await run_sync(
            plan_chunks,
            spans,
            recording.n_samples,
            options.chunk_length_s,
            quietest_point_of(recording),
        )
        return Plan.of(recording, spans, gain_db, chunks, _warnings(decoded)).model_dump_json()

    async def _note(self, job_id: str, stage: Stage) -> None:
        await self._transcriptions.note_stage(job_id, stage)
        self._news.tell(job_id)

    async def _recording(self, turn: Turn, plan: Plan) -> PcmRecording:
        """Return the decoded recording; another process may have decoded it on another disk."""
        path = self._work.pcm(turn.job.id)
        if not plan.is_at(path):
            await self._decode(turn)
        return plan.recording(path)

    async def _decode(self, turn: Turn) -> DecodedMedia:
        return await in_stoppable_thread(lambda stop: self._decode_until(turn, stop))

    def _decode_until(self, turn: Turn, stop: Callable[[], None]) -> DecodedMedia:
        media = self._decoding.probe(turn.blob)
        with self._work.writing_pcm(turn.job.id) as target:
            decoded = self._decoding.run(turn.blob, media, target, stop)
        recording = replace(decoded.recording, path=self._work.pcm(turn.job.id))
        return replace(decoded, recording=recording)

    async def _transcribe(self, work: Transcribing) -> None:
        """Write the segments down chunk by chunk, in order."""
        turn, plan, job = work.turn, work.plan, work.turn.job
        await self._note(job.id, Stage.TRANSCRIBING)
        assembly = Assembly(plan.speech_spans(), plan.duration_s, job.options.language)
        at_once = self._settings.llm_concurrency
        pace = await pace_of(self._transcriptions, plan, work.model, at_once)

        async def transcribe(index: int) -> tuple[int, ChunkTranscript]:
            key = await checkpoint("chunk", partial(self._recognise, work, index))
            (pace.add if index in turn.at_hand else pace.skip)(plan.chunk(index).duration_s)
            return index, await self._answer(work, index, key)

        chunks = range(len(plan.chunks))
        answers = map_in_order(transcribe, chunks, at_once)
        telling = time_left_told(self._transcriptions, job.id, pace)
        async with aclosing(answers), telling:
            async for index, transcript in answers:
                result = ChunkResult(
                    segments=assembly.add(plan.chunk(index), transcript),
                    progress=_progress(plan, index, pace),
                    model=transcript.model,
                    language=assembly.language,
                )
                append = partial(self._transcriptions.append, job.id, index, result)
                await once_there_is_room(append)
                self._news.tell(job.id)

    async def _recognise(self, work: Transcribing, index: int) -> str:
        """Have one chunk transcribed, unless that was done before; return where it is stored."""
        turn = work.turn
        decoding, only_for = turn.job.options.decoding(), _only_for(turn.job)
        pcm = await run_sync(_chunk_pcm, work, index, limiter=self._cutting)
        key = chunk_key(pcm, decoding, _model_for(work, index), only_for)
        if await self._answers.get(turn.owner, key) is not None:
            return key
        transcript = await self._llm.transcribe(pcm, decoding)
        # the llm may have changed its model meanwhile
        key = chunk_key(pcm, decoding, transcript.model, only_for)
        await self._answers.put(turn.owner, key, turn.job.id, transcript)
        turn.inference_s += transcript.timings.inference_s / transcript.timings.batch_size
        turn.at_hand[index] = transcript
        return key

    async def _answer(self, work: Transcribing, index: int, key: str) -> ChunkTranscript:
        """Return what was recognised in a chunk, now or before."""
        at_hand = work.turn.at_hand
        while index not in at_hand:
            stored = await self._answers.get(work.turn.owner, key)
            if stored is not None:
                return stored
            # the job that it came from was deleted since
            key = await self._recognise(work, index)
        return at_hand.pop(index)


def _only_for(job: Job) -> str:
    return job.id if job.options.force else ""


def _model_for(work: Transcribing, index: int) -> ModelIdentity:
    """Return the model whose answer for a chunk will do: if it is written down, that which made it.

    Another may serve by the time at which a job is taken up again.
    """
    job = work.turn.job
    is_written = index < job.progress.chunks_done
    return job.model if is_written and job.model is not None else work.model


def _chunk_pcm(work: Transcribing, index: int) -> bytes:
    chunk = work.plan.chunk(index)
    samples = work.recording.read(chunk.start, chunk.end)
    return to_s16le(apply_gain(samples, work.plan.gain_db))


def _end_s(plan: Plan, index: int) -> float:
    chunk = plan.chunk(index)
    return round(chunk.start_s + chunk.duration_s, 3)


def _progress(plan: Plan, index: int, pace: Pace) -> Progress:
    n_chunks = len(plan.chunks)
    total_s = round(plan.duration_s, 3)
    done_s = _end_s(plan, index)
    return Progress(
        processed_s=done_s,
        total_s=total_s,
        chunks_done=index + 1,
        chunks_total=n_chunks,
        eta_s=0.0 if index + 1 == n_chunks else pace.eta_s(),
        stage=Stage.TRANSCRIBING,
    )


def _prepared(plan: Plan) -> Prepared:
    return Prepared(
        duration_s=round(plan.duration_s, 3),
        speech_s=round(plan.speech_s, 3),
        chunks_total=len(plan.chunks),
        warnings=plan.warnings,
    )


def _warnings(decoded: DecodedMedia) -> list[JobWarning]:
    met = {
        JobWarning.TRUNCATED: decoded.truncated,
        JobWarning.NON_FINITE_SAMPLES: decoded.non_finite,
    }
    return [warning for warning, is_so in met.items() if is_so]
