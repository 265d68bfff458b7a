"""FastAPI dependencies of the routes."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from llm.model_lifecycle import ModelLifecycle
from llm.punctuator import Punctuator
from llm.speakers.segmenter import SpeakerSegmenter
from llm.transcriber import Transcriber


def _transcriber(request: Request) -> Transcriber:
    return request.app.state.transcriber


def _lifecycle(request: Request) -> ModelLifecycle:
    return request.app.state.lifecycle


def _punctuator(request: Request) -> Punctuator:
    return request.app.state.punctuator


def _speakers(request: Request) -> SpeakerSegmenter:
    return request.app.state.speakers


def _capacity(request: Request) -> Callable[[], Awaitable[int]]:
    return request.app.state.capacity


CapacityDep = Annotated[Callable[[], Awaitable[int]], Depends(_capacity)]
TranscriberDep = Annotated[Transcriber, Depends(_transcriber)]
PunctuatorDep = Annotated[Punctuator, Depends(_punctuator)]
LifecycleDep = Annotated[ModelLifecycle, Depends(_lifecycle)]
SpeakersDep = Annotated[SpeakerSegmenter, Depends(_speakers)]
