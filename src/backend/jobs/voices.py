"""Remember voices: make a voice profile of a speaker, when its owner asks for it."""

import asyncio
from datetime import UTC, datetime

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
from backend.pipeline.spans import TimeSpan
from backend.pipeline.speakers.voice_prints import VoicePrint, own_speech
from backend.storage.blobs import BlobStore
from backend.storage.database import VoiceStore
from backend.storage.work_folder import WorkFolder
from backend.transcription.voice_prints import print_of_speech
from contracts.jobs import FileInfo
from contracts.options import TranscribeOptions
from contracts.transcription import Speaker, Transcript
from contracts.voices import MIN_VOICE_SPEECH_S, VoiceProfile

TIMEOUT_S = 120.0
"""Seconds in which a voice print must be made; an hour of a recording is decoded in a few."""

RETRY_AFTER_S = 30


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
        try:
            file, blob = await self._jobs.audio(job_id, owner)
        except AudioNotFoundError as error:
            raise WrongStateError("The recording was deleted.") from error
        found = await self._print(owner, file, blob.name, job.options, spans)
        if found is None:
            raise _too_little_speech()
        return await self._voices.put(
            owner,
            name,
            found,
            speech_s=sum(span.length_s for span in spans),
            created_at=datetime.now(UTC),
        )

    async def all(self, owner: str) -> list[VoiceProfile]:
        """Return an owner's profiles, by name."""
        return await self._voices.all(owner)

    async def rename(self, voice_id: str, owner: str, name: str) -> VoiceProfile:
        """Rename a profile; see `VoiceStore.rename`."""
        return await self._voices.rename(voice_id, owner, name)

    async def delete(self, voice_id: str, owner: str) -> None:
        """Delete a profile with its voice print; see `VoiceStore.delete`."""
        await self._voices.delete(voice_id, owner)

    async def _print(
        self,
        owner: str,
        file: FileInfo,
        blob: str,
        options: TranscribeOptions,
        spans: list[TimeSpan],
    ) -> VoicePrint | None:
        target = self._work.path_for_new_file()
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._turns.turn(owner),
                self._blobs.local_file(blob) as recording,
            ):
                media = await self._decoder.probe(
                    recording,
                    name=file.name,
                    input_format=options.input_format,
                    audio_track=file.audio_track,
                )
                decoded = await self._decoder.decode(
                    recording, media, target, first_s=spans[-1].end
                )
                return await print_of_speech(self._llm, decoded.recording, spans)
        except FileNotFoundError as error:
            raise WrongStateError("The recording was deleted.") from error
        except TimeoutError as error:
            raise OverloadedError(
                "Remembering the voice takes too long.", retry_after_s=RETRY_AFTER_S
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
