"""The llm over HTTP: chunks of PCM out, text back."""

import random
from typing import TypeVar

import httpx
import stamina
from asgi_correlation_id import correlation_id
from pydantic import BaseModel, ValidationError

from backend.errors import LlmFailedError, LlmNotReadyError
from backend.settings import BackendSettings
from contracts.models import (
    Health,
    HealthCheck,
    HealthStatus,
    ModelIdentity,
    ModelInfo,
    ModelList,
    ModelState,
)
from contracts.problems import PROBLEM_MEDIA_TYPE
from contracts.transcription import ChunkTranscript, DecodingOptions
from servicekit.problems import REQUEST_ID_HEADER

_CONNECT_TIMEOUT_S = 5.0
_GLANCE_TIMEOUT_S = 2.0
"""Seconds for what must not wait: the list of models and the health check."""

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 15.0
_JITTER_S = 1.0
_AWAY_STATUSES = frozenset({502, 503, 504})
"""Of the llm, or of a proxy before it; a 502 that is a problem is the llm's own."""

_MAX_FAILURES = 3
_FAILED = "The speech model failed on this recording."

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class _AwayError(Exception):
    """The llm is down, full or restarting; the same request may succeed later."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class _ModelFailedError(Exception):
    """The llm broke on the batch that the chunk was in; another chunk may be to blame."""

    detail = _FAILED


class _NoSenseError(_ModelFailedError):
    """The llm's answer is none that can be understood."""

    detail = "The speech model gave an answer that makes no sense."


class LlmClient:
    """One pool of connections to the llm service."""

    def __init__(self, settings: BackendSettings) -> None:
        self._retry_s = settings.llm_retry_s
        self._http = httpx.AsyncClient(
            base_url=str(settings.llm_url),
            timeout=httpx.Timeout(settings.llm_timeout_s, connect=_CONNECT_TIMEOUT_S),
            # a proxy of the environment is for the outer world
            trust_env=False,
        )

    async def transcribe(self, pcm: bytes, options: DecodingOptions) -> ChunkTranscript:
        """Send one chunk: a few times if the model fails, much longer while the llm is away.

        Args:
            pcm: s16le, mono, 16 kHz, at most 30 s.
            options: how it is to be decoded.

        Raises: LlmFailedError: no usable answer came in the time allowed.
        """
        try:
            async for attempt in stamina.retry_context(
                on=_ModelFailedError,
                attempts=_MAX_FAILURES,
                timeout=None,
                wait_initial=_FIRST_WAIT_S,
                wait_jitter=_JITTER_S,
            ):
                with attempt:
                    return await self._transcribe_once_up(pcm, options)
        except _ModelFailedError as error:
            raise LlmFailedError(error.detail) from error
        except _AwayError as error:
            raise LlmFailedError("The speech model could not be reached.") from error
        raise AssertionError("stamina always attempts once")

    async def models(self) -> ModelList:
        """Return what the llm has loaded.

        Raises:
            LlmNotReadyError: it cannot be reached.
            LlmFailedError: its answer makes no sense.
        """
        try:
            request = self._http.build_request("GET", "/v1/models", timeout=_GLANCE_TIMEOUT_S)
            return _parse(ModelList, await self._send(request))
        except _NoSenseError as error:
            raise LlmFailedError(error.detail) from error
        except (_AwayError, _ModelFailedError) as error:
            detail = "The speech model's service cannot be reached."
            raise LlmNotReadyError(detail, retry_after_s=5) from error

    async def serving_model(self) -> ModelIdentity:
        """Return the model that would answer now.

        Raises:
            LlmNotReadyError: it cannot be reached, or has no model yet.
            LlmFailedError: its answer makes no sense.
        """
        ready = [model for model in (await self.models()).data if model.state is ModelState.READY]
        if not ready:
            raise LlmNotReadyError("The speech model is not ready yet.", retry_after_s=5)
        return _identity(min(ready, key=lambda model: model.is_fallback))

    async def wait_for_model(self) -> ModelIdentity:
        """Return the model that answers, waiting for it as `transcribe` waits for the llm.

        Raises: LlmFailedError: it did not come up in the time allowed.
        """
        try:
            async for attempt in stamina.retry_context(
                on=LlmNotReadyError,
                attempts=None,
                timeout=self._retry_s,
                wait_initial=_FIRST_WAIT_S,
                wait_max=_LONGEST_WAIT_S,
                wait_jitter=_JITTER_S,
            ):
                with attempt:
                    return await self.serving_model()
        except LlmNotReadyError as error:
            raise LlmFailedError("The speech model could not be reached.") from error
        raise AssertionError("stamina always attempts once")

    async def health(self) -> Health:
        """Return the llm's own view of itself; `starting` when it does not answer."""
        try:
            answer = await self._http.get("/health/ready", timeout=_GLANCE_TIMEOUT_S)
            return Health.model_validate_json(answer.content)
        except httpx.RequestError:
            reason = "The speech model's service cannot be reached."
        except ValidationError:
            reason = "The speech model's service gives no sensible answer."
        check = HealthCheck(status=HealthStatus.STARTING, detail=reason)
        return Health(status=HealthStatus.STARTING, checks={"connection": check})

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _transcribe_once_up(self, pcm: bytes, options: DecodingOptions) -> ChunkTranscript:
        async for attempt in stamina.retry_context(
            on=_wait_before_retry,
            attempts=None,
            timeout=self._retry_s,
            wait_initial=_FIRST_WAIT_S,
            wait_max=_LONGEST_WAIT_S,
            wait_jitter=_JITTER_S,
        ):
            with attempt:
                return await self._transcribe_once(pcm, options)
        raise AssertionError("stamina always attempts once")

    async def _transcribe_once(self, pcm: bytes, options: DecodingOptions) -> ChunkTranscript:
        request = self._http.build_request(
            "POST",
            "/v1/transcribe",
            content=pcm,
            params=options.model_dump(mode="json"),
            headers={"Content-Type": "application/octet-stream"},
        )
        return _parse(ChunkTranscript, await self._send(request))

    async def _send(self, request: httpx.Request) -> httpx.Response:
        if request_id := correlation_id.get():
            request.headers[REQUEST_ID_HEADER] = request_id
        try:
            answer = await self._http.send(request)
        except httpx.RequestError as error:
            # the class alone: a message could hold the address, and with it the prompt
            raise _AwayError(type(error).__name__) from error
        status = answer.status_code
        is_its_own = answer.headers.get("Content-Type") == PROBLEM_MEDIA_TYPE
        if status in _AWAY_STATUSES and not (status == 502 and is_its_own):
            raise _AwayError(f"status {status}", _retry_after_s(answer))
        if status >= 500:
            raise _ModelFailedError(f"status {status}")
        if not answer.is_success:
            cause = RuntimeError(f"the llm answered with status {status}")
            raise LlmFailedError(_FAILED) from cause
        return answer


def _identity(model: ModelInfo) -> ModelIdentity:
    return ModelIdentity(
        name=model.id,
        revision=model.revision or "",
        engine=model.engine or "",
        device=model.device or "",
    )


def _wait_before_retry(error: Exception) -> bool | float:
    """Tell stamina whether to try again, and after how many seconds if we know better."""
    if not isinstance(error, _AwayError):
        return False
    if error.retry_after_s is None:
        return True
    jitter_s = random.uniform(0, _JITTER_S)  # noqa: S311  # not for secrets
    return min(error.retry_after_s, _LONGEST_WAIT_S) + jitter_s


def _retry_after_s(answer: httpx.Response) -> float | None:
    """Return the seconds of `Retry-After`; our llm never sends the date that is allowed too."""
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _parse(model: type[AnswerT], answer: httpx.Response) -> AnswerT:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        # the error's own text quotes the answer, which may be a transcript
        raise _NoSenseError(f"the llm's answer has {error.error_count()} fields wrong") from None
