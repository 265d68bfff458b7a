"""If these fail, an option is quietly ignored, or nonsense of the llm reaches a transcript."""

import math

import pytest
from pydantic import ValidationError

from contracts.jobs import UploadedRecording
from contracts.transcription import (
    ChunkSegment,
    ChunkTranscript,
    DecodingAttempt,
    Doubt,
    TranscribeOptions,
)

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


CHUNK = {
    "text": "да",
    "language": "ru",
    "language_probability": 1,
    "duration_s": 1,
    "segments": [],
    "model": {"name": "m", "revision": "r", "engine": "e", "device": "cpu"},
    "timings": {"queue_s": 0, "inference_s": 0, "batch_size": 1},
}
ATTEMPT = {"context_s": 22, "temperature": 0, "avg_logprob": -1, "doubts": ["repetition"]}


def test_what_was_done_to_a_chunk_survives_the_way_over_http() -> None:
    attempt = DecodingAttempt.model_validate(ATTEMPT | {"kept": True})
    sent = ChunkTranscript.model_validate(CHUNK | {"attempts": [attempt], "silenced": True})
    read = ChunkTranscript.model_validate_json(sent.model_dump_json())
    assert (read, read.attempts[0].doubts) == (sent, [Doubt.REPETITION])


def test_a_transcript_kept_from_before_there_were_attempts_is_read() -> None:
    old = ChunkTranscript.model_validate(CHUNK)
    assert (old.attempts, old.silenced) == ([], False)


@pytest.mark.parametrize(
    "nonsense", [{"doubts": ["mood"]}, {"avg_logprob": math.nan}, {"context_s": -1}]
)
def test_an_attempt_is_of_known_doubts_and_numbers(nonsense: dict) -> None:
    with pytest.raises(ValidationError):
        DecodingAttempt.model_validate(ATTEMPT | {"kept": True} | nonsense)
