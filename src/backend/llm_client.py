"""Call the llm over HTTP: send chunks of PCM, get transcripts and punctuated words."""

import base64
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import httpx
import stamina
from asgi_correlation_id import correlation_id
from pydantic import BaseModel, ValidationError

from backend.errors import LlmFailedError, LlmNotReadyError
from backend.metrics import LlmMetrics
from backend.settings import BackendSettings
from contracts.models import (
    Health,
    HealthCheck,
    HealthStatus,
    ModelInfo,
    ModelList,
)
from contracts.options import ChunkRequest, DecodingOptions, SharedDecodingOptions
from contracts.problems import PROBLEM_MEDIA_TYPE, Problem
from contracts.punctuation import PunctuatedWords, PunctuationRequest
from contracts.routing import Route, find_route
from contracts.speakers import SpeakerSegmentation
from contracts.transcription import ChunkTranscript
from servicekit import tracing
from servicekit.errors import UnknownModelError, UnsupportedOptionError
from servicekit.problems import REQUEST_ID_HEADER

_CONNECT_TIMEOUT_S = 5.0
_QUICK_TIMEOUT_S = 2.0
"""Timeout of quick calls: the list of models and the health check."""

MODELS_KNOWN_S = 1.0
"""Seconds for which a list of models serves to find one: a job asks several times at its start.
A model takes longer to be replaced."""

_FIRST_WAIT_S = 0.5
_MAX_WAIT_S = 15.0
_JITTER_S = 1.0
_UNAVAILABLE_STATUSES = frozenset({502, 503, 504})
"""Sent by the llm or by a proxy; a 502 with a problem body means that the model failed."""

_MAX_FAILURES = 3

DEFAULT_CONCURRENCY = 16
"""Chunks at once until the llm has said how many it takes."""

_MAX_CONCURRENCY = 256
"""Each chunk takes a megabyte."""

_FAILED = "The speech model failed on this recording."

ResponseT = TypeVar("ResponseT", bound=BaseModel)


class _UnavailableError(Exception):
    """The llm is down, full or restarting; the same request may succeed later."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class _ModelFailedError(Exception):
    """The llm failed on the chunk's batch; another chunk of the batch may be the cause."""

    detail = _FAILED


class _InvalidResponseError(_ModelFailedError):
    """The llm's response does not match the contract."""

    detail = "The speech model returned an invalid response."


class LlmClient:
    """A client of the llm service, with one connection pool."""

    def __init__(self, settings: BackendSettings, metrics: LlmMetrics) -> None:
        self._metrics = metrics
        self._retry_s = settings.llm_retry_s
        self._fixed_concurrency = settings.llm_concurrency
        self._offered_concurrency = DEFAULT_CONCURRENCY
        self._known_models: Sequence[ModelInfo] = ()
        self._known_until = 0.0
        self._http = httpx.AsyncClient(
            base_url=str(settings.llm_url),
            timeout=httpx.Timeout(settings.llm_timeout_s, connect=_CONNECT_TIMEOUT_S),
            # proxy variables are meant for the internet, not for the llm
            trust_env=False,
        )

    async def transcribe(self, pcm: bytes, options: DecodingOptions) -> ChunkTranscript:
        """Transcribe one chunk; retry while the llm is unavailable or if the model fails.

        Args:
            pcm: s16le, mono, 16 kHz, at most 30 s.
            options: the decoding options.

        Raises:
            LlmFailedError: the retries are used up, or the llm refused the request.
            UnsupportedOptionError: the model cannot follow an option.
        """
        return await self._retried(partial(self._transcribe_once, pcm, options))

    async def punctuate(self, pcm: bytes, words: Sequence[str], language: str) -> list[str]:
        """Return the words of a chunk with capitals and marks; retry like `transcribe`.

        Args:
            pcm: s16le, mono, 16 kHz, at most 30 s.
            words: at least one, without spaces.
            language: ISO 639-1 code.

        Raises: LlmFailedError: the retries are used up, or the llm refused the request.
        """
        request = PunctuationRequest(
            language=language, words=tuple(words), pcm=base64.b64encode(pcm)
        )
        return (await self._retried(partial(self._punctuate_once, request))).words

    async def segment_speakers(self, pcm: bytes) -> SpeakerSegmentation:
        """Return the voices in a stretch of audio; retry like `transcribe`.

        Args:
            pcm: s16le, mono, 16 kHz, at most 30 s.

        Raises: LlmFailedError: the retries are used up, or the llm refused the request.
        """
        return await self._retried(partial(self._segment_speakers_once, pcm))

    async def models(self) -> ModelList:
        """Return the models that the llm knows.

        Raises:
            LlmNotReadyError: the llm is unreachable.
            LlmFailedError: it returned an invalid response.
        """
        try:
            request = self._http.build_request("GET", "/v1/models", timeout=_QUICK_TIMEOUT_S)
            return _parse(ModelList, await self._send(request))
        except _InvalidResponseError as error:
            raise LlmFailedError(error.detail) from error
        except (_UnavailableError, _ModelFailedError) as error:
            detail = "The speech model's service is unreachable."
            raise LlmNotReadyError(detail, retry_after_s=5) from error

    def concurrency(self) -> int:
        """Return how many chunks of one recording to send at once."""
        return self._fixed_concurrency or self._offered_concurrency

    async def refresh_concurrency(self) -> None:
        """Ask the llm how many chunks it takes: replicas come and go.

        While it is unreachable, the number stays.
        """
        with suppress(LlmNotReadyError, LlmFailedError):
            offered = (await self.models()).max_concurrent_chunks or DEFAULT_CONCURRENCY
            self._offered_concurrency = min(offered, _MAX_CONCURRENCY)

    async def route(self, options: SharedDecodingOptions, detected: str | None = None) -> Route:
        """Return the models for a recording, from a list that is at most a second old.

        Args:
            options: of the recording.
            detected: the language of the speech, if that is known and the options say `auto`.

        Raises:
            UnknownModelError: there is no model of the requested id.
            LlmNotReadyError: the llm is unreachable, or no model for it is available yet.
            LlmFailedError: it returned an invalid response.
        """
        if time.monotonic() < self._known_until:
            with suppress(LookupError):
                if route := find_route(self._known_models, options, detected):
                    return route
        models = self._known_models = (await self.models()).data
        self._known_until = time.monotonic() + MODELS_KNOWN_S
        try:
            route = find_route(models, options, detected)
        except LookupError:
            known = [model.id for model in models]
            raise UnknownModelError(options.model or "", known) from None
        if route is None:
            raise LlmNotReadyError("The speech model is not ready yet.", retry_after_s=5)
        return route

    async def known_route(self, options: SharedDecodingOptions) -> Route | None:
        """Return the models for a recording; None while they are not available.

        Raises: UnknownModelError: there is no model of the requested id.
        """
        try:
            return await self.route(options)
        except (LlmNotReadyError, LlmFailedError):
            return None

    async def wait_for_route(
        self, options: SharedDecodingOptions, detected: str | None = None
    ) -> Route:
        """Wait until models for a recording are available, and return them; see `route`.

        Raises:
            UnknownModelError: there is no model of the requested id.
            LlmFailedError: none was available within `LLM_RETRY_S`.
        """
        try:
            async for attempt in stamina.retry_context(
                on=LlmNotReadyError,
                attempts=None,
                timeout=self._retry_s,
                wait_initial=_FIRST_WAIT_S,
                wait_max=_MAX_WAIT_S,
                wait_jitter=_JITTER_S,
            ):
                with attempt:
                    return await self.route(options, detected)
        except LlmNotReadyError as error:
            raise LlmFailedError("The speech model is unreachable.") from error
        raise AssertionError("stamina always attempts once")

    async def health(self) -> Health:
        """Return the llm's readiness; `starting` while it is unreachable."""
        try:
            response = await self._http.get("/health/ready", timeout=_QUICK_TIMEOUT_S)
            return Health.model_validate_json(response.content)
        except httpx.RequestError:
            reason = "The speech model's service is unreachable."
        except ValidationError:
            reason = "The speech model's service returned an invalid response."
        check = HealthCheck(status=HealthStatus.STARTING, detail=reason)
        return Health(status=HealthStatus.STARTING, checks={"connection": check})

    async def aclose(self) -> None:
        """Close the connection pool."""
        await self._http.aclose()

    async def _retried(self, call: Callable[[], Awaitable[ResponseT]]) -> ResponseT:
        try:
            async for attempt in stamina.retry_context(
                on=_ModelFailedError,
                attempts=_MAX_FAILURES,
                timeout=None,
                wait_initial=_FIRST_WAIT_S,
                wait_jitter=_JITTER_S,
            ):
                with attempt:
                    return await self._when_available(call)
        except _ModelFailedError as error:
            raise LlmFailedError(error.detail) from error
        except _UnavailableError as error:
            raise LlmFailedError("The speech model is unreachable.") from error
        raise AssertionError("stamina always attempts once")

    async def _when_available(self, call: Callable[[], Awaitable[ResponseT]]) -> ResponseT:
        async for attempt in stamina.retry_context(
            on=_wait_before_retry,
            attempts=None,
            timeout=self._retry_s,
            wait_initial=_FIRST_WAIT_S,
            wait_max=_MAX_WAIT_S,
            wait_jitter=_JITTER_S,
        ):
            with attempt:
                return await call()
        raise AssertionError("stamina always attempts once")

    async def _transcribe_once(self, pcm: bytes, options: DecodingOptions) -> ChunkTranscript:
        params = options.model_dump(mode="json", exclude_none=True)
        if options.glossary:  # it may be longer than an address
            body = ChunkRequest.model_validate(params | {"pcm": base64.b64encode(pcm)})
            request = self._json_request("/v1/transcribe", body)
        else:
            request = self._pcm_request("/v1/transcribe", pcm, params)
        return _parse(ChunkTranscript, await self._send(request))

    async def _segment_speakers_once(self, pcm: bytes) -> SpeakerSegmentation:
        request = self._pcm_request("/v1/speaker-segmentation", pcm, {})
        return _parse(SpeakerSegmentation, await self._send(request))

    def _pcm_request(self, path: str, pcm: bytes, params: dict[str, Any]) -> httpx.Request:
        return self._http.build_request(
            "POST",
            path,
            content=pcm,
            params=params,
            headers={"Content-Type": "application/octet-stream"},
        )

    async def _punctuate_once(self, body: PunctuationRequest) -> PunctuatedWords:
        request = self._json_request("/v1/punctuate", body)
        return _parse(PunctuatedWords, await self._send(request))

    def _json_request(self, path: str, body: BaseModel) -> httpx.Request:
        return self._http.build_request(
            "POST",
            path,
            content=body.model_dump_json(),
            headers={"Content-Type": "application/json"},
        )

    async def _send(self, request: httpx.Request) -> httpx.Response:
        with tracing.span(f"{request.method} {request.url.path}", "CLIENT"):
            return await self._send_once(request)

    async def _send_once(self, request: httpx.Request) -> httpx.Response:
        if request_id := correlation_id.get():
            request.headers[REQUEST_ID_HEADER] = request_id
        if traceparent := tracing.traceparent():
            request.headers[tracing.TRACEPARENT] = traceparent
        started = time.perf_counter()
        status = 0
        try:
            response = await self._http.send(request)
            status = response.status_code
        except httpx.RequestError as error:
            # name the class only: the message may contain the URL, and with it the prompt
            raise _UnavailableError(type(error).__name__) from error
        finally:
            self._metrics.observe(request.url.path, status, time.perf_counter() - started)
        is_problem = response.headers.get("Content-Type") == PROBLEM_MEDIA_TYPE
        if status in _UNAVAILABLE_STATUSES and not (status == 502 and is_problem):
            raise _UnavailableError(f"status {status}", _retry_after_s(response))
        if status >= 500:
            raise _ModelFailedError(f"status {status}")
        if status == 422 and is_problem and (reasons := _invalid_options(response)):
            raise UnsupportedOptionError(reasons)
        if not response.is_success:
            cause = RuntimeError(f"the llm returned status {status}")
            raise LlmFailedError(_FAILED) from cause
        return response


def _wait_before_retry(error: Exception) -> bool | float:
    """Return whether to retry, or after how many seconds if the llm asked for that."""
    if not isinstance(error, _UnavailableError):
        return False
    if error.retry_after_s is None:
        return True
    jitter_s = random.uniform(0, _JITTER_S)  # noqa: S311  # not for secrets
    return min(error.retry_after_s, _MAX_WAIT_S) + jitter_s


def _retry_after_s(response: httpx.Response) -> float | None:
    """Return the seconds of `Retry-After`; the llm never sends a date."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None


def _invalid_options(response: httpx.Response) -> dict[str, str]:
    """Return the reason for each option that the llm refused."""
    fields = _parse(Problem, response).errors or []
    return {field.pointer.removeprefix("/"): field.detail for field in fields}


def _parse(model: type[ResponseT], response: httpx.Response) -> ResponseT:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        # the error's own text quotes the response, which may contain a transcript
        raise _InvalidResponseError(
            f"the llm's response has {error.error_count()} invalid fields"
        ) from None
