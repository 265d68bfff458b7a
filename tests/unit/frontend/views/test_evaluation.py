"""The comparison of models as Streamlit draws it, against a stand-in backend."""

import json
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from contracts.evaluation import CorrectedRecording, Evaluation, Figure, ModelAccuracy
from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import OpenPage, StandInBackend
from unit.frontend.views.test_statistics import HOSTILE, statistics_of

pytestmark = pytest.mark.whole_app

RU = Translator(Language.RU)


def accuracy(model: str, wer: float, n_recordings: int = 2) -> ModelAccuracy:
    figure = Figure(value=wer, low=wer - 1, high=wer + 1.25)
    return ModelAccuracy(
        model=model, n_recordings=n_recordings, n_words=1234, wer=figure, cer=figure, rtf=0.25
    )


def recording(job_id: str, *, is_evaluated: bool = True) -> CorrectedRecording:
    return CorrectedRecording(
        id=job_id,
        name=HOSTILE,
        created_at=datetime(2026, 11, 22, tzinfo=UTC),
        model="a",
        n_segments=80,
        n_corrected=12,
        is_evaluated=is_evaluated,
    )


@pytest.fixture
def backend_with_corrections(backend: StandInBackend) -> StandInBackend:
    backend.statistics = statistics_of()
    backend.evaluation = Evaluation(
        recordings=[recording("job-1"), recording("job-2"), recording("job-3", is_evaluated=False)],
        models=[accuracy("model-b", 4.0), accuracy("model-a", 12.5, 1)],
        recommended="model-b",
    )
    return backend


def _shown(page: AppTest) -> dict[str, list[dict[str, str]]]:
    assert not page.exception
    data = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return {each["title"]: each["facts"] for each in data if "facts" in each}


def test_the_errors_of_each_model_and_the_advice_are_shown(
    open_page: OpenPage, backend_with_corrections: StandInBackend
) -> None:
    page = open_page(view="system")
    facts = _shown(page)
    assert [fact["value"] for fact in facts["model-b"]] == [
        "4\xa0% (от 3 до 5,3)",
        "4\xa0% (от 3 до 5,3)",
        "0,25",
    ]
    assert facts["model-a"][0]["remark"] == "Слов: 1\xa0234, 1 запись"
    assert any("model-b" in info.value for info in page.info)
    assert backend_with_corrections.evaluated == [[]]


def test_the_visitor_chooses_the_recordings(
    open_page: OpenPage, backend_with_corrections: StandInBackend
) -> None:
    page = open_page(view="system")
    chosen = page.multiselect(key="evaluated-recordings")
    assert chosen.value == ["job-1", "job-2"]
    chosen.set_value(["job-3"]).run()
    assert backend_with_corrections.evaluated[-1] == ["job-3"]
    chosen.set_value([]).run()
    assert "model-b" not in _shown(page)


def test_without_corrections_the_page_says_how_to_begin(
    open_page: OpenPage, backend: StandInBackend
) -> None:
    backend.statistics = statistics_of()
    page = open_page(view="system")
    assert RU("evaluation.empty") in [caption.value for caption in page.caption]


def test_with_one_model_the_page_says_how_to_compare(
    open_page: OpenPage, backend_with_corrections: StandInBackend
) -> None:
    backend_with_corrections.evaluation.models.pop()
    backend_with_corrections.evaluation.recommended = None
    page = open_page(view="system")
    assert RU("evaluation.one_model") in [caption.value for caption in page.caption]
