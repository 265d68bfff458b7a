"""FastAPI dependencies of the routes."""

from typing import Annotated

from fastapi import Depends, Request

from llm.batching import Batcher
from llm.model_lifecycle import ModelLifecycle


def _batcher(request: Request) -> Batcher:
    return request.app.state.batcher


def _lifecycle(request: Request) -> ModelLifecycle:
    return request.app.state.lifecycle


BatcherDep = Annotated[Batcher, Depends(_batcher)]
LifecycleDep = Annotated[ModelLifecycle, Depends(_lifecycle)]
