"""`/asr` and `/detect-language`."""

from dataclasses import dataclass
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response

from backend.dependencies import (
    Jobs,
    LanguageDetection,
    Llm,
    Owner,
    ReceivingLimit,
    Submission,
    Work,
)
from backend.routes.asr.request import (
    FILE_FIELD,
    FORM_SCHEMA,
    AsrQuery,
    AudioQuery,
    RawAudio,
)
from backend.routes.asr.responses import LanguageAnswer, transcript_response
from backend.routes.decoding_problems import DECODING_PROBLEMS
from backend.routes.recording_form import read_form, receiving
from backend.routes.waiting import problem_of, require_ready, wait_until_ended
from backend.storage.files import StoredFile
from contracts.jobs import JobStatus
from contracts.languages import ENGLISH_NAMES
from contracts.problems import ProblemType
from servicekit.openapi import response_headers
from servicekit.problems import problem_response, problem_responses

router = APIRouter(
    tags=["whisper-asr-webservice's API"],
    responses=problem_responses(
        *DECODING_PROBLEMS,
        ProblemType.BAD_REQUEST,
        ProblemType.TOO_SLOW,
        ProblemType.TOO_LARGE,
        ProblemType.TOO_LONG,
        ProblemType.UNSUPPORTED_MEDIA,
        ProblemType.INVALID_OPTION,
        ProblemType.STORAGE_QUOTA,
        ProblemType.AUDIO_QUOTA,
        ProblemType.QUEUE_FULL,
        ProblemType.TOO_MANY_REQUESTS,
        ProblemType.LLM_FAILED,
        ProblemType.NOT_READY,
        ProblemType.DISK_FULL,
    ),
)

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": FORM_SCHEMA}},
    }
}


@dataclass(frozen=True)
class _Call:
    """A request with the services that receive its recording."""

    request: Request
    submission: Submission
    llm: Llm
    work: Work
    receiving_limit: ReceivingLimit

    async def receive(self, query: AudioQuery) -> StoredFile:
        """Return the recording, owned by the caller."""
        async with receiving(self.request, self.work) as incoming:
            file = incoming if query.encode else RawAudio(incoming)
            form = await read_form(self.request, file, file_field=FILE_FIELD)
            return await incoming.finish(query.name or form.file_name)


Call = Annotated[_Call, Depends()]


@router.post(
    "/asr",
    summary="The text of a recording",
    response_class=Response,
    openapi_extra=_FORM,
    responses={
        200: {
            "description": "The text in the requested format, always as `text/plain`",
            "content": {"text/plain": {"schema": {"type": "string"}}},
            "headers": response_headers(
                {
                    "Content-Disposition": "Name of the file (RFC 6266).",
                    "Asr-Engine": "Engine that made the text.",
                    "Asr-Model": "Model that made the text.",
                }
            ),
        },
        **problem_responses(ProblemType.NOT_FOUND, ProblemType.WRONG_STATE),
    },
)
async def transcribe(
    call: Call, query: Annotated[AsrQuery, Query()], jobs: Jobs, owner: Owner
) -> Response:
    """Return the text once the job for it has ended; disconnecting cancels the job."""
    await call.submission.ensure_place(owner)
    await require_ready(call.llm)
    with call.receiving_limit.one(owner):
        recording = await call.receive(query)
    job = await call.submission.accept(recording, query.options(), owner)
    job = await wait_until_ended(call.request, jobs, job.id, owner)
    if job.status is JobStatus.COMPLETED and job.result is not None:
        return await run_sync(transcript_response, job, job.result, query.output)
    return problem_response(problem_of(job))


@router.post("/detect-language", summary="The language of a recording", openapi_extra=_FORM)
async def detect_language(
    call: Call, query: Annotated[AudioQuery, Query()], detection: LanguageDetection, owner: Owner
) -> LanguageAnswer:
    """Return the language of the first chunk with speech; no job is created."""
    await call.submission.ensure_place(owner)
    await require_ready(call.llm)
    with call.receiving_limit.one(owner):
        recording = await call.receive(query)
        language, probability = await detection.detect(recording.path)
    return LanguageAnswer(
        detected_language=ENGLISH_NAMES.get(language, language),
        language_code=language,
        confidence=probability,
    )
