"""FastAPI dependencies of the routes."""

from typing import Annotated

from fastapi import Depends, Request

from llm.model_lifecycle import ModelLifecycle
from llm.transcriber import Transcriber


def _transcriber(request: Request) -> Transcriber:
    return request.app.state.transcriber


def _lifecycle(request: Request) -> ModelLifecycle:
    return request.app.state.lifecycle


TranscriberDep = Annotated[Transcriber, Depends(_transcriber)]
LifecycleDep = Annotated[ModelLifecycle, Depends(_lifecycle)]
