"""If these fail, the backend, the llm and the page disagree about which model transcribes."""

import pytest

from contracts.models import ModelCapabilities, ModelInfo, ModelState
from contracts.options import TranscribeOptions
from contracts.routing import choose_model, find_route

RUSSIAN_ONLY = ModelCapabilities(
    languages=["ru"],
    detects_language=False,
    punctuation=True,
    translate=False,
    prompt=False,
    beam_search=False,
    temperature=False,
    max_chunk_s=25.0,
)
OTHERS = ModelInfo(id="others", state=ModelState.READY, default_languages=["*"])
RUSSIAN = ModelInfo(
    id="russian", state=ModelState.UNLOADED, default_languages=["ru"], capabilities=RUSSIAN_ONLY
)
NAMED = ModelInfo(id="named", state=ModelState.READY)
MODELS = [OTHERS, RUSSIAN, NAMED]
FALLBACK = ModelInfo(id="small", state=ModelState.READY, is_fallback=True)


def route_ids(models: list[ModelInfo], detected: str | None = None, **options: object) -> list[str]:
    route = find_route(models, TranscribeOptions.model_validate(options), detected)
    return [model.id for model in route.models] if route else []


@pytest.mark.parametrize(
    ("language", "requested", "chosen"),
    [
        ("ru", None, "russian"),
        ("de", None, "others"),
        ("auto", None, "others"),
        ("ru", "named", "named"),
    ],
)
def test_the_requested_id_or_the_language_decides(
    language: str, requested: str | None, chosen: str
) -> None:
    model = choose_model(MODELS, language, requested)
    assert model is not None
    assert model.id == chosen


def test_without_default_languages_the_first_model_is_used() -> None:
    """Else nothing works while the llm is older than the backend."""
    bare = [NAMED, FALLBACK]
    assert route_ids(bare) == ["named"]
    assert route_ids([]) == []


def test_with_auto_all_languages_have_to_be_expected() -> None:
    assert route_ids(MODELS, language="auto") == ["others", "russian"]
    assert route_ids(MODELS, language="auto", detected="ru") == ["russian", "others"]
    assert route_ids(MODELS, language="auto", model="named") == ["named"]


@pytest.mark.parametrize("state", [ModelState.FETCHING, ModelState.FAILED, ModelState.LOADING])
def test_the_fallback_is_used_while_a_model_is_missing(state: ModelState) -> None:
    missing = [OTHERS, RUSSIAN.model_copy(update={"state": state})]
    assert route_ids(missing, language="ru") == []
    assert route_ids([*missing, FALLBACK], language="ru") == ["small"]
    reloading = missing[1].model_copy(update={"state": ModelState.LOADING, "created": 1})
    assert route_ids([OTHERS, reloading, FALLBACK], language="ru") == ["russian"]


def test_an_unknown_id_is_an_error() -> None:
    with pytest.raises(LookupError):
        route_ids(MODELS, model="none")


def test_options_have_to_suit_every_model_of_the_route() -> None:
    options = TranscribeOptions(language="auto", beam_size=2)
    route = find_route(MODELS, options)
    assert route is not None
    assert list(route.unsupported_options(options)) == ["beam_size"]
    assert route.unable("beam_size", options) == RUSSIAN
    assert route.longest_chunk_s(30.0) == 25.0
    assert route.recognised_language("de", None) == "de"
    alone = find_route(MODELS, TranscribeOptions(language="ru"))
    assert alone is not None
    assert alone.recognised_language("de", "russian") == "auto"
