"""Punctuate the text of a completed job by its stored recording.

The words stay as they were recognised, and corrections stay as they are. What is punctuated is
stored a few runs of words at a time, so that a restart goes on where it stopped.
"""

import asyncio
from collections.abc import Mapping, Sequence, Set
from functools import partial

import structlog
from anyio.to_thread import run_sync

from backend.errors import JobNotFoundError
from backend.llm_client import LlmClient
from backend.notifications import JobNotifier
from backend.pipeline.normalize import apply_gain, speech_gain_db
from backend.pipeline.pcm import PcmRecording, to_s16le
from backend.pipeline.spans import SpeechSpan
from backend.readable.bare_text import bare_runs
from backend.readable.punctuation import ensure_same_words
from backend.readable.text import WordKey, as_recognised, rewrite_text, word_key
from backend.storage.database import StartedJob, Stores, WrittenOptions
from backend.storage.disk import retry_on_disk_full
from backend.transcription.cache_keys import options_key
from backend.transcription.preparation import Preparation
from contracts.audio import MAX_CHUNK_S, SAMPLE_RATE
from contracts.jobs import Job, JobWarning
from contracts.transcription import Segment, Word
from servicekit.errors import ServiceError

log = structlog.get_logger()

_MARGIN_S = 0.5
"""Sound before and after a run."""

_MAX_SAMPLES = int(MAX_CHUNK_S * SAMPLE_RATE)


class TextPunctuator:
    """Punctuates the texts of completed jobs."""

    def __init__(
        self, preparation: Preparation, llm: LlmClient, stores: Stores, notifier: JobNotifier
    ) -> None:
        self._preparation = preparation
        self._llm = llm
        self._jobs = stores.jobs
        self._transcripts = stores.transcripts
        self._requests = stores.punctuation
        self._notifier = notifier

    async def punctuate(self, started: StartedJob) -> None:
        """Punctuate the words without marks; a failure leaves them as they are, and a warning.

        Raises: JobNotFoundError: the job was deleted meanwhile.
        """
        job_id = started.job.id
        try:
            warning = await self._punctuate(started)
        except FileNotFoundError:
            warning = JobWarning.RECORDING_NOT_STORED
        except JobNotFoundError:
            raise
        except ServiceError as error:
            log.warning("punctuation_failed", job_id=job_id, cause=type(error).__name__)
            warning = JobWarning.PUNCTUATION_FAILED
        await retry_on_disk_full(partial(self._requests.finish, job_id, warning))
        self._notifier.notify(job_id)

    async def _punctuate(self, started: StartedJob) -> JobWarning | None:
        job_id = started.job.id
        tried: set[WordKey] = set()
        recording: PcmRecording | None = None
        n_failed = 0
        # again, because a text that was rewritten meanwhile has other words
        while runs := await self._untried(job_id, tried):
            if recording is None:
                recording = await self._preparation.recording(started)
            n_at_once = max(1, self._llm.concurrency())
            for first in range(0, len(runs), n_at_once):
                some = runs[first : first + n_at_once]
                punctuate = partial(self._punctuate_run, started.job, recording)
                punctuated = await asyncio.gather(*map(punctuate, some))
                n_failed += punctuated.count(None)
                await self._store(job_id, _marked(some, punctuated))
                tried.update(word_key(word) for run in some for word in run)
        return JobWarning.PUNCTUATION_FAILED if n_failed else None

    async def _untried(self, job_id: str, tried: Set[WordKey]) -> list[list[Word]]:
        _, segments = await self._transcripts.with_revision(job_id, None)
        runs = await run_sync(bare_runs, segments)
        return [run for run in runs if not set(map(word_key, run)) <= tried]

    async def _punctuate_run(
        self, job: Job, recording: PcmRecording, run: Sequence[Word]
    ) -> list[str] | None:
        """Return how to write the words of a run; None if the llm answers other words."""
        pcm = await run_sync(_pcm, job, recording, run)
        words = [word.word for word in run]
        try:
            punctuated = await self._llm.punctuate(pcm, words, job.language or job.options.language)
            ensure_same_words(words, punctuated)
        except ValueError:
            log.warning("punctuation_failed", job_id=job.id, cause="words_changed")
            return None
        return punctuated

    async def _store(self, job_id: str, marked: Mapping[WordKey, str]) -> None:
        """Write the words of a text as they are punctuated, whatever became of it meanwhile."""
        is_stored = False
        while marked and not is_stored:
            head = await self._jobs.get(job_id, with_result=False)
            revision, segments = await self._transcripts.with_revision(job_id, None)
            options, language = head.options, head.language or head.options.language
            own = [segment for segment in as_recognised(segments) if _has_any(segment, marked)]
            indexes = {segment.index for segment in own}
            changed = [segment for segment in segments if segment.index in indexes]
            written = await run_sync(rewrite_text, changed, language, options, marked)
            if not written:
                return
            written_as = WrittenOptions(options, options_key(options))
            store = partial(self._transcripts.rewrite, job_id, revision, written, written_as)
            is_stored = await retry_on_disk_full(store)
        self._notifier.notify(job_id)


def _marked(
    runs: Sequence[Sequence[Word]], punctuated: Sequence[Sequence[str] | None]
) -> dict[WordKey, str]:
    return {
        word_key(word): written
        for run, words in zip(runs, punctuated, strict=True)
        if words is not None
        for word, written in zip(run, words, strict=True)
    }


def _has_any(segment: Segment, marked: Mapping[WordKey, str]) -> bool:
    return any(word_key(word) in marked for word in segment.words or [])


def _pcm(job: Job, recording: PcmRecording, run: Sequence[Word]) -> bytes:
    """Return the sound of a run as s16le, with the gain that its speech needs."""
    last = recording.n_samples
    start = min(round(max(run[0].start - _MARGIN_S, 0.0) * SAMPLE_RATE), last)
    end = min(round((run[-1].end + _MARGIN_S) * SAMPLE_RATE), start + _MAX_SAMPLES, last)
    gain_db = speech_gain_db(
        recording, [SpeechSpan(start, end)], job.options.normalization_options()
    )
    return to_s16le(apply_gain(recording.read(start, end), gain_db))
