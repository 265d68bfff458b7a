"""Compare the options of a request with what a model can do."""

from contracts.languages import AUTO_LANGUAGE
from contracts.models import ModelCapabilities
from contracts.options import SharedDecodingOptions, Task


def unsupported_options(options: SharedDecodingOptions, model: ModelCapabilities) -> dict[str, str]:
    """Return the options that a model cannot follow: each name with the reason."""
    reasons = {
        "language": _language_problem(options.language, model),
        "task": None if model.translate else "the model does not translate",
        "prompt": None if model.prompt else "the model reads no prompt",
        "beam_size": None if model.beam_search else "the model has no beam search: only 1",
        "temperature": None if model.temperature else "the model does not sample: only 0",
    }
    is_requested = {
        "language": True,
        "task": options.task is not Task.TRANSCRIBE,
        "prompt": bool(options.prompt),
        "beam_size": options.beam_size > 1,
        "temperature": options.temperature > 0,
    }
    return {name: reason for name, reason in reasons.items() if reason and is_requested[name]}


def _language_problem(language: str, model: ModelCapabilities) -> str | None:
    # where a model does not detect the language, the llm has another one do it
    if language in (AUTO_LANGUAGE, *model.languages):
        return None
    return f"the model does not recognise it: only {', '.join(model.languages)}"
