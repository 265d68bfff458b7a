"""FastAPI dependencies of the routes."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from llm.model_pool import ModelPool
from llm.punctuation.punctuator import Punctuator
from llm.speakers.segmenter import SpeakerSegmenter
from llm.transcriber import Transcriber


def _transcriber(request: Request) -> Transcriber:
    return request.app.state.transcriber


def _models(request: Request) -> ModelPool:
    return request.app.state.models


def _punctuator(request: Request) -> Punctuator:
    return request.app.state.punctuator


def _speakers(request: Request) -> SpeakerSegmenter:
    return request.app.state.speakers


def _capacity(request: Request) -> Callable[[], Awaitable[int]]:
    return request.app.state.capacity


CapacityDep = Annotated[Callable[[], Awaitable[int]], Depends(_capacity)]
TranscriberDep = Annotated[Transcriber, Depends(_transcriber)]
PunctuatorDep = Annotated[Punctuator, Depends(_punctuator)]
ModelsDep = Annotated[ModelPool, Depends(_models)]
SpeakersDep = Annotated[SpeakerSegmenter, Depends(_speakers)]
