"""The names of other services' models that stand for the model for the language."""

import re

WHISPER_1 = "whisper-1"
"""OpenAI's name for Whisper; it always means the model for the language."""

# OpenAI's models with dated versions; Whisper's sizes as Groq and vLLM name them; conversions for
# faster-whisper.
_is_alias = re.compile(
    r"gpt-4o(-mini)?-transcribe(-diarize)?(-\d{4}-\d{2}-\d{2})?"
    r"|(openai/)?(distil-)?whisper-[\w.-]+"
    r"|[\w.-]+/faster-(distil-)?whisper-[\w.-]+"
).fullmatch


def means_default_model(name: str, *, aliases: bool) -> bool:
    """Return whether a model name stands for the model for the language.

    Args:
        name: the name in the request.
        aliases: whether more names than `whisper-1` do.
    """
    return name == WHISPER_1 or (aliases and _is_alias(name) is not None)
