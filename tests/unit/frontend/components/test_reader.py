import json

import pytest
from streamlit.testing.v1 import AppTest

from contracts.jobs import JobStatus
from contracts.transcription import Segment, Transcript
from frontend.i18n import Language, Translator
from unit.frontend.stand_in_backend import OpenPage, StandInBackend, make_job

pytestmark = pytest.mark.whole_app


HOSTILE = "<script>alert(1)</script> **bold** $x$ :smile: [a](b) # h"


def _segment(index: int, text: str) -> Segment:
    return Segment(
        index=index,
        start=index * 2.0,
        end=index * 2.0 + 1.5,
        text=text,
        avg_logprob=-0.1,
        no_speech_prob=0.0,
        compression_ratio=1.0,
    )


def _transcript(*texts: str) -> Transcript:
    segments = [_segment(index, text) for index, text in enumerate(texts)]
    return Transcript(
        text=" ".join(texts), language="ru", duration_s=10, speech_s=8, segments=segments
    )


def _shown(page: AppTest) -> str:
    """Return all text in Streamlit's own elements."""
    kinds = ("markdown", "caption", "text", "title", "header", "info", "warning", "error")
    words = [element.value for kind in kinds for element in page.get(kind)]
    words += [bar.proto.text for bar in page.get("progress")]
    words += [each.label for kind in ("button", "download_button") for each in page.get(kind)]
    return "\n".join(words)


def _component_data(page: AppTest) -> list[dict]:
    """Return the data of the view's components."""
    data = [json.loads(each.proto.json) for each in page.get("bidi_component")]
    return [each for each in data if "views" not in each]


def _reader_data(page: AppTest) -> dict:
    (data,) = (data for data in _component_data(page) if "jobId" in data)
    return data


@pytest.mark.parametrize("language", list(Language))
def test_the_reader_receives_the_job_id_and_texts_in_the_page_s_language(
    open_page: OpenPage, backend: StandInBackend, language: Language
):
    backend.jobs["job-1"] = make_job()
    page = open_page(job="job-1", lang=language)
    assert not page.exception
    data = _reader_data(page)
    assert (data["jobId"], data["language"]) == ("job-1", language)
    assert data["labels"]["running.queued"] == Translator(language)("running.queued")


def test_no_part_of_a_transcript_passes_through_streamlit_which_parses_markup(
    open_page: OpenPage, backend: StandInBackend
):
    """The browser fetches it as data and the reader inserts it as text."""
    job = make_job(status=JobStatus.COMPLETED, result=_transcript(HOSTILE))
    job.file.name = HOSTILE
    backend.jobs["job-1"] = job
    page = open_page(job="job-1")
    assert "alert(1)" not in _shown(page)
    assert "alert(1)" not in json.dumps(_component_data(page))
