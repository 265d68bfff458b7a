"""`/v1/audio/transcriptions` and `/v1/audio/translations`."""

from dataclasses import dataclass
from typing import Annotated, Any

import structlog
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Request, Response

from backend.dependencies import (
    Jobs,
    Llm,
    Owner,
    ReceivingLimit,
    Settings,
    Submission,
    Voices,
    Work,
)
from backend.pipeline.speakers.voice_prints import VoicePrint
from backend.routes.decoding_problems import DECODING_PROBLEMS
from backend.routes.openai.errors import (
    DO_NOT_RETRY,
    OpenAiRoute,
    error_response,
    error_responses,
)
from backend.routes.openai.events import event_stream
from backend.routes.openai.model_names import WHISPER_1, means_default_model
from backend.routes.openai.request import FORM, AudioRequest, form_schema, read_request
from backend.routes.openai.responses import TextAnswer, VerboseAnswer, transcript_response
from backend.routes.recording_form import receiving
from backend.routes.waiting import problem_of, require_ready, wait_until_ended
from backend.storage.files import StoredFile
from contracts.jobs import Job, JobStatus
from contracts.options import Task
from contracts.problems import ProblemType
from contracts.transcription import Transcript
from servicekit.errors import ServiceError, UnknownModelError

log = structlog.get_logger()

router = APIRouter(prefix="/v1/audio", tags=["OpenAI's API"], route_class=OpenAiRoute)


_OPERATION: dict[str, Any] = {
    "response_class": Response,
    "openapi_extra": {
        "requestBody": {"required": True, "content": {FORM: {"schema": form_schema()}}}
    },
    "responses": {
        200: {
            "description": "The text in the requested format",
            "model": TextAnswer | VerboseAnswer,
            "content": {
                media_type: {"schema": {"type": "string"}}
                for media_type in ("text/plain", "text/vtt", "text/event-stream")
            },
        },
        **error_responses(
            *DECODING_PROBLEMS,
            ProblemType.BAD_REQUEST,
            ProblemType.UNAUTHORIZED,
            ProblemType.CROSS_ORIGIN,
            ProblemType.NOT_FOUND,
            ProblemType.UNKNOWN_MODEL,
            ProblemType.TOO_SLOW,
            ProblemType.WRONG_STATE,
            ProblemType.TOO_LARGE,
            ProblemType.TOO_LONG,
            ProblemType.UNSUPPORTED_MEDIA,
            ProblemType.UNKNOWN_HOST,
            ProblemType.STORAGE_QUOTA,
            ProblemType.AUDIO_QUOTA,
            ProblemType.QUEUE_FULL,
            ProblemType.TOO_MANY_REQUESTS,
            ProblemType.TOO_LITTLE_SPEECH,
            ProblemType.INTERNAL,
            ProblemType.LLM_FAILED,
            ProblemType.NOT_READY,
            ProblemType.DISK_FULL,
        ),
    },
}


@dataclass(frozen=True)
class _Received:
    """What a request consists of.

    Attributes:
        model: id of the listed model that it names; None: the one for the language.
        known_voices: the voice prints of its known speakers, by name.
    """

    recording: StoredFile
    asked: AudioRequest
    model: str | None
    known_voices: dict[str, VoicePrint]


@dataclass(frozen=True)
class _Call:
    """A request with its owner and the services that it needs."""

    request: Request
    submission: Submission
    jobs: Jobs
    llm: Llm
    voices: Voices
    work: Work
    receiving_limit: ReceivingLimit
    settings: Settings
    owner: Owner

    async def respond(self, task: Task) -> Response:
        await self.submission.ensure_place(self.owner)
        await require_ready(self.llm)
        with self.receiving_limit.one(self.owner):
            received = await self._receive()
        asked = received.asked
        options = asked.options(task, received.model)
        job = await self.submission.accept(received.recording, options, self.owner)
        if asked.stream:
            return event_stream(self.request, self.jobs, job.id, self.owner, asked)
        job = await wait_until_ended(self.request, self.jobs, job.id, self.owner)
        if job.status is JobStatus.COMPLETED and job.result is not None:
            transcript = await self._with_known_names(job, job.result, received.known_voices)
            return await run_sync(transcript_response, job, transcript, asked)
        return error_response(problem_of(job), DO_NOT_RETRY)

    async def _with_known_names(
        self, job: Job, transcript: Transcript, known: dict[str, VoicePrint]
    ) -> Transcript:
        """Name the speakers whose voices are known; the stored transcript stays as it is.

        If the voices cannot be compared, the speakers have letters: the text is complete.
        """
        try:
            names = await self.voices.recognize(job, self.owner, known) if known else {}
        except ServiceError as error:
            log.warning("known_voices_not_compared", job_id=job.id, type=error.to_problem().type)
            names = {}
        speakers = [
            speaker.model_copy(update={"name": names.get(speaker.id, speaker.name)})
            for speaker in transcript.speakers
        ]
        return transcript.model_copy(update={"speakers": speakers})

    async def _receive(self) -> _Received:
        async with receiving(self.request, self.work) as incoming:
            asked, name = await read_request(self.request, incoming)
            model = await self._listed_model(asked.model)
            known = await self.voices.prints_of(asked.known_voices, self.owner)
            return _Received(await incoming.finish(name), asked, model, known)

    async def _listed_model(self, name: str) -> str | None:
        """Return the id of a listed model; None: the name means the one for the language."""
        if name == WHISPER_1:
            return None
        listed = [model.id for model in (await self.llm.models()).data]
        if name in listed:
            return name
        if means_default_model(name, aliases=self.settings.openai_model_aliases):
            return None
        raise UnknownModelError(name, listed)


Call = Annotated[_Call, Depends()]


@router.post("/transcriptions", summary="The text of a recording", **_OPERATION)
async def transcribe(call: Call) -> Response:
    """Return the text, or stream it with `stream`."""
    return await call.respond(Task.TRANSCRIBE)


@router.post("/translations", summary="The text of a recording in English", **_OPERATION)
async def translate(call: Call) -> Response:
    """Return the translation, or stream it with `stream`."""
    return await call.respond(Task.TRANSLATE)
