"""Make voice prints of speakers with the llm, and suggest names for those that are known."""

import json
from collections.abc import Sequence
from dataclasses import replace

import structlog
from anyio.to_thread import run_sync

from backend.llm_client import LlmClient
from backend.pipeline.normalize import at_even_level
from backend.pipeline.pcm import PcmRecording, to_s16le
from backend.pipeline.spans import TimeSpan
from backend.pipeline.speakers.voice_prints import (
    VoicePrint,
    most_alike,
    own_speech,
    voice_print,
)
from backend.storage.database import JobStore, VoiceStore
from backend.transcription.context import Checkpoint, JobContext
from contracts.audio import SAMPLE_RATE
from contracts.options import Diarization
from contracts.speakers import VoiceSpan
from servicekit.errors import ServiceError

log = structlog.get_logger()


async def print_of_speech(
    llm: LlmClient, recording: PcmRecording, spans: Sequence[TimeSpan]
) -> VoicePrint | None:
    """Return the print of the voice that speaks in some spans; None: no voice is found.

    Args:
        spans: in seconds, each at most `MAX_CHUNK_S`.

    Raises: LlmFailedError: no valid response, after retries.
    """
    found: list[list[VoiceSpan]] = []
    for span in spans:
        start, end = (round(time * SAMPLE_RATE) for time in (span.start, span.end))
        end = min(end, recording.n_samples)
        if start < end:
            samples = await run_sync(recording.read, start, end)
            segmentation = await llm.segment_speakers(to_s16le(at_even_level(samples)))
            found.append(segmentation.turns)
    return voice_print(found)


class VoiceSuggester:
    """Compares the speakers of a new transcript with the voices that its owner had remembered."""

    def __init__(
        self, llm: LlmClient, jobs: JobStore, voices: VoiceStore, checkpoint: Checkpoint
    ) -> None:
        self._llm = llm
        self._jobs = jobs
        self._voices = voices
        self._checkpoint = checkpoint

    async def suggest(self, run: JobContext, recordings: Sequence[PcmRecording]) -> None:
        """Store which speakers may be known; without profiles, make no voice print.

        A checkpoint keeps the suggestions, never the prints. A failure is logged only: the
        transcript is complete without suggestions.
        """
        if run.job.options.diarization is Diarization.NONE:
            return

        async def compute() -> str:
            known = await self._voices.prints(run.owner)
            if not known:
                return "{}"
            try:
                return json.dumps(await self._alike(run.job.id, recordings[0], known))
            except ServiceError as error:
                log.warning("voices_not_compared", job_id=run.job.id, cause=repr(error.__cause__))
                return "{}"

        suggestions = json.loads(await self._checkpoint("suggest_voices", compute))
        await self._voices.suggest(run.job.id, suggestions)

    async def _alike(
        self, job_id: str, recording: PcmRecording, known: dict[str, VoicePrint]
    ) -> dict[str, tuple[str, float]]:
        """Return the voice that each speaker is alike, with its certainty."""
        result = (await self._jobs.get(job_id)).result
        n_channels = len(recording.weights)
        mix = replace(recording, weights=(1 / n_channels,) * n_channels)
        alike: dict[str, tuple[str, float]] = {}
        for speaker in result.speakers if result else []:
            spans = own_speech(result.segments if result else [], speaker.id)
            found = await print_of_speech(self._llm, mix, spans)
            match = None if found is None else most_alike(found, known)
            if match:
                alike[speaker.id] = match
        return alike
