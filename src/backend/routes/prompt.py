"""A prompt as other services accept it."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from contracts.options import MAX_PROMPT_CHARS


def _last_chars(prompt: object) -> object:
    return prompt[-MAX_PROMPT_CHARS:] if isinstance(prompt, str) else prompt


TrimmedPrompt = Annotated[str, BeforeValidator(_last_chars), Field(max_length=MAX_PROMPT_CHARS)]
"""Keeps the end of a prompt that is too long, as OpenAI does."""
