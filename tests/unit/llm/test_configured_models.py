"""If these fail, a language gets another model than the one that was configured for it."""

import pytest
from pydantic import ValidationError

from llm.configured_models import parse_models
from llm.settings import LlmSettings


@pytest.mark.parametrize(
    ("text", "models"),
    [
        ("", {"usual": ["*"]}),
        ("ru=a", {"usual": ["*"], "a": ["ru"]}),
        ("ru=a, *=b", {"b": ["*"], "a": ["ru"]}),
        ("russian=a,uk=a,*=b,b,c", {"b": ["*"], "a": ["ru", "uk"], "c": []}),
        ("*=usual,ru=usual", {"usual": ["*", "ru"]}),
        ("ru=/models/a=1", {"usual": ["*"], "/models/a=1": ["ru"]}),
    ],
)
def test_each_language_has_one_model(text: str, models: dict[str, list[str]]) -> None:
    parsed = parse_models(text, default="usual")
    assert parsed == models
    assert next(iter(parsed)) == next(iter(models)), "the default one is first"


@pytest.mark.parametrize("text", ["ru=", "=a", "xx=a", "auto=a", "ru=a,rus=b", "*=a,*=b"])
def test_what_is_wrong_stops_the_start(text: str) -> None:
    with pytest.raises(ValidationError, match="llm_models"):
        LlmSettings(_env_file=None, llm_models=text)  # pyright: ignore
