"""Remember voices: make a voice profile of a speaker, when its owner asks for it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, Unpack

from anyio.to_thread import run_sync

from backend.errors import (
    AudioNotFoundError,
    JobNotFoundError,
    OverloadedError,
    TooLittleSpeechError,
    WrongStateError,
)
from backend.jobs.service import JobService
from backend.llm_client import LlmClient
from backend.media_decoder import MediaDecoder
from backend.owner_limit import OwnerTurns
from backend.pipeline.pcm import PcmRecording
from backend.pipeline.spans import TimeSpan
from backend.pipeline.speakers.voice_prints import VoicePrint, most_alike, own_speech
from backend.storage.blobs import BlobStore
from backend.storage.database import VoiceStore
from backend.storage.work_folder import WorkFolder
from backend.transcription.voice_prints import print_of_speech
from contracts.audio import InputFormat
from contracts.jobs import Job
from contracts.transcription import Speaker, Transcript
from contracts.voices import MIN_VOICE_SPEECH_S, VoiceProfile

TIMEOUT_S = 120.0
"""Seconds in which a voice print must be made; an hour of a recording is decoded in a few."""

RETRY_AFTER_S = 30

MAX_REFERENCE_S = 10.0
"""Seconds that are used of a known speaker's voice. Source: OpenAI's API reference."""


class _Probing(TypedDict, total=False):
    """Arguments of `MediaDecoder.probe`."""

    name: str
    input_format: InputFormat
    audio_track: int | None


class VoiceService:
    """The voice profiles of all owners.

    No voice print is stored with a transcript: the recording is decoded again when its owner
    wants a voice remembered, as far as is needed. One is decoded at a time.
    """

    def __init__(  # noqa: PLR0913  # one argument for each dependency
        self,
        *,
        jobs: JobService,
        voices: VoiceStore,
        blobs: BlobStore,
        work: WorkFolder,
        decoder: MediaDecoder,
        llm: LlmClient,
    ) -> None:
        self._jobs = jobs
        self._voices = voices
        self._blobs = blobs
        self._work = work
        self._decoder = decoder
        self._llm = llm
        self._turns = OwnerTurns()

    async def remember(self, job_id: str, owner: str, speaker: str) -> VoiceProfile:
        """Make a profile of a named speaker, or replace the one with the name.

        Raises:
            JobNotFoundError: no job of that owner has the id, or it has no such speaker.
            WrongStateError: the job has not ended, its recording was deleted, or the speaker has
                no name.
            TooLittleSpeechError: the speaker says too little alone.
            TooManyVoicesError: the owner has as many profiles as are allowed.
            OverloadedError: it takes too long.
            ServiceError: the recording cannot be decoded, or the llm does not answer.
        """
        job = await self._jobs.get(job_id, owner)
        if not job.status.is_final or job.result is None:
            raise WrongStateError("A voice can be remembered once the transcript is complete.")
        name = _speaker(job.result, speaker).name
        if name is None:
            raise WrongStateError("Name the speaker first.")
        spans = own_speech(job.result.segments, speaker)
        if not spans:
            raise _too_little_speech()
        async with self._decoded_job(job, owner, spans[-1].end) as recording:
            found = await print_of_speech(self._llm, recording, spans)
        if found is None:
            raise _too_little_speech()
        return await self._voices.put(
            owner,
            name,
            found,
            speech_s=sum(span.length_s for span in spans),
            created_at=datetime.now(UTC),
        )

    async def prints_of(self, voices: Mapping[str, bytes], owner: str) -> dict[str, VoicePrint]:
        """Return the prints of voices in audio files, by their names; nothing is stored.

        Raises:
            TooLittleSpeechError: nobody speaks in one of them.
            OverloadedError: it takes too long.
            ServiceError: one cannot be decoded, or the llm does not answer.
        """
        prints: dict[str, VoicePrint] = {}
        for name, content in voices.items():
            file = self._work.path_for_new_file()
            try:
                await run_sync(file.write_bytes, content)
                async with self._decoded(file, owner, first_s=MAX_REFERENCE_S) as recording:
                    whole = TimeSpan(0.0, min(recording.duration_s, MAX_REFERENCE_S))
                    found = await print_of_speech(self._llm, recording, [whole])
            finally:
                file.unlink(missing_ok=True)
            if found is None:
                raise TooLittleSpeechError("Nobody speaks in the reference of a known speaker.")
            prints[name] = found
        return prints

    async def recognize(
        self, job: Job, owner: str, known: Mapping[str, VoicePrint]
    ) -> dict[str, str]:
        """Return the known name of each speaker of a completed job whose voice is alike.

        Speakers who say too little alone are left out.

        Raises: as `remember`.
        """
        segments = job.result.segments if job.result else []
        speakers = job.result.speakers if job.result else []
        spans = {one.id: own for one in speakers if (own := own_speech(segments, one.id))}
        if not spans:
            return {}
        names: dict[str, str] = {}
        last_s = max(own[-1].end for own in spans.values())
        async with self._decoded_job(job, owner, last_s) as recording:
            for speaker, own in spans.items():
                found = await print_of_speech(self._llm, recording, own)
                match = None if found is None else most_alike(found, known)
                if match is not None:
                    names[speaker] = match[0]
        return names

    async def all(self, owner: str) -> list[VoiceProfile]:
        """Return an owner's profiles, by name."""
        return await self._voices.all(owner)

    async def rename(self, voice_id: str, owner: str, name: str) -> VoiceProfile:
        """Rename a profile; see `VoiceStore.rename`."""
        return await self._voices.rename(voice_id, owner, name)

    async def delete(self, voice_id: str, owner: str) -> None:
        """Delete a profile with its voice print; see `VoiceStore.delete`."""
        await self._voices.delete(voice_id, owner)

    @asynccontextmanager
    async def _decoded_job(
        self, job: Job, owner: str, first_s: float
    ) -> AsyncGenerator[PcmRecording]:
        """Decode the recording of a job again, up to a time."""
        try:
            file, blob = await self._jobs.audio(job.id, owner)
            async with (
                self._blobs.local_file(blob.name) as path,
                self._decoded(
                    path,
                    owner,
                    first_s=first_s,
                    name=file.name,
                    input_format=job.options.input_format,
                    audio_track=file.audio_track,
                ) as recording,
            ):
                yield recording
        except (AudioNotFoundError, FileNotFoundError) as error:
            raise WrongStateError("The recording was deleted.") from error

    @asynccontextmanager
    async def _decoded(
        self, path: Path, owner: str, *, first_s: float, **probing: Unpack[_Probing]
    ) -> AsyncGenerator[PcmRecording]:
        """Decode the beginning of a file, for as long as the body runs."""
        target = self._work.path_for_new_file()
        try:
            async with asyncio.timeout(TIMEOUT_S), self._turns.turn(owner):
                media = await self._decoder.probe(path, **probing)
                decoded = await self._decoder.decode(path, media, target, first_s=first_s)
                yield decoded.recording
        except TimeoutError as error:
            raise OverloadedError(
                "Comparing the voices takes too long.", retry_after_s=RETRY_AFTER_S
            ) from error
        finally:
            target.unlink(missing_ok=True)


def _speaker(transcript: Transcript, speaker: str) -> Speaker:
    for one in transcript.speakers:
        if one.id == speaker:
            return one
    raise JobNotFoundError("The transcription has no speaker with this id.")


def _too_little_speech() -> TooLittleSpeechError:
    return TooLittleSpeechError(
        f"The speaker must speak alone for at least {MIN_VOICE_SPEECH_S:g} seconds."
    )
