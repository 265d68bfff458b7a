"""If these fail, an option is quietly ignored, or nonsense of the llm reaches a transcript."""

import math

import pytest
from pydantic import ValidationError

from contracts.jobs import UploadedRecording
from contracts.transcription import ChunkSegment, TranscribeOptions

SEGMENT = {"start": 0, "end": 1, "text": "да", "avg_logprob": -1, "no_speech_prob": 0}


@pytest.mark.parametrize(
    ("method", "parameter", "default"),
    [("peak", "target_peak", 0.95), ("rms", "target_dbfs", -20), ("lufs", "target_lufs", -20)],
)
def test_a_method_has_its_own_parameter_and_no_other(
    method: str, parameter: str, default: float
) -> None:
    options = TranscribeOptions(normalization=method)
    targets = options.model_dump(include={"target_peak", "target_dbfs", "target_lufs"})
    assert {name for name, value in targets.items() if value is not None} == {parameter}
    assert targets[parameter] == default


def test_a_parameter_of_another_method_is_named() -> None:
    with pytest.raises(ValidationError) as refused:
        TranscribeOptions(normalization="none", target_peak=0.5)
    assert [error["loc"] for error in refused.value.errors()] == [("target_peak",)]


def test_the_options_of_an_upload_are_those_that_were_sent() -> None:
    sent = UploadedRecording(upload_id="1", normalization="rms", beam_size=3)
    assert sent.options() == TranscribeOptions(normalization="rms", beam_size=3)


@pytest.mark.parametrize("field", ["start", "end", "avg_logprob", "compression_ratio"])
def test_a_segment_has_numbers_that_are_numbers(field: str) -> None:
    with pytest.raises(ValidationError):
        ChunkSegment.model_validate({"compression_ratio": 1, **SEGMENT, field: math.nan})
