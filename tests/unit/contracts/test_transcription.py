"""If these fail, an option is quietly ignored, or nonsense of the llm reaches a transcript."""

import json
import math
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.jobs import UploadedRecording
from contracts.options import TranscribeOptions
from contracts.transcription import (
    ChunkSegment,
    ChunkTranscript,
    DecodingAttempt,
    QualityIssue,
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


def test_changed_options_keep_the_others_but_no_parameter_of_a_method_that_is_left() -> None:
    """Otherwise a recording could not be transcribed again with another method."""
    own = TranscribeOptions(
        normalization="rms", target_dbfs=-18, diarization="voice", num_speakers=2, force=True
    )
    changed = own.changed({"language": "English", "normalization": "peak"})
    assert changed == TranscribeOptions(
        language="en", normalization="peak", diarization="voice", num_speakers=2
    )
    assert own.changed({"diarization": "none"}).num_speakers is None
    with pytest.raises(ValidationError):
        own.changed({"beam_size": 99})


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


@pytest.fixture
def chunk_transcript() -> ChunkTranscript:
    attempt = DecodingAttempt.model_validate(ATTEMPT | {"kept": True})
    return ChunkTranscript.model_validate(CHUNK | {"attempts": [attempt], "silenced": True})


def test_a_chunk_transcript_survives_a_round_trip_through_json(
    chunk_transcript: ChunkTranscript,
) -> None:
    read = ChunkTranscript.model_validate_json(chunk_transcript.model_dump_json())
    assert (read, read.attempts[0].quality_issues) == (chunk_transcript, [QualityIssue.REPETITION])


@pytest.mark.parametrize(
    "as_json",
    [
        lambda transcript: json.loads(transcript.model_dump_json()),
        lambda transcript: transcript.model_dump(mode="json"),
        lambda transcript: TypeAdapter(ChunkTranscript).dump_python(transcript, mode="json"),
    ],
)
def test_json_keeps_the_wire_names(
    chunk_transcript: ChunkTranscript, as_json: Callable[[ChunkTranscript], dict[str, Any]]
) -> None:
    """Otherwise rows stored by another version, and its answers, could not be read."""
    sent = as_json(chunk_transcript)
    assert (sent["silenced"], sent["attempts"][0]["doubts"]) == (True, ["repetition"])
    assert "hallucination_suppressed" not in sent
    assert "quality_issues" not in sent["attempts"][0]


def test_python_code_uses_the_field_names() -> None:
    attempt = DecodingAttempt(
        context_s=22,
        temperature=0,
        avg_logprob=-1,
        quality_issues=[QualityIssue.REPETITION],
        kept=True,
    )
    transcript = ChunkTranscript.model_validate(
        CHUNK | {"attempts": [attempt], "hallucination_suppressed": True}
    )
    assert attempt == DecodingAttempt.model_validate(ATTEMPT | {"kept": True})
    assert transcript.hallucination_suppressed


def test_a_transcript_stored_before_attempts_existed_is_read() -> None:
    old = ChunkTranscript.model_validate(CHUNK)
    assert (old.attempts, old.hallucination_suppressed) == ([], False)


@pytest.mark.parametrize(
    "nonsense", [{"doubts": ["mood"]}, {"avg_logprob": math.nan}, {"context_s": -1}]
)
def test_an_attempt_has_known_issues_and_finite_numbers(nonsense: dict) -> None:
    with pytest.raises(ValidationError):
        DecodingAttempt.model_validate(ATTEMPT | {"kept": True} | nonsense)
