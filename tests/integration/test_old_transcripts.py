"""If this fails, an upgrade leaves old transcripts unreadable, or changes what was recognised."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine

from backend.readable.punctuation import lacks_punctuation
from backend.storage.database.schema import downgrade
from contracts.jobs import Job, JobStatus, Stage
from integration.client import transcribe
from speech_corpus import shared_speech
from testbed.punctuation import PunctuationScores, bare_words
from testbed.services import Services, running_service

pytestmark = pytest.mark.slow

RECORDING = "ru/asterisk/vm-msginstruct.wav"
PREVIOUS_REVISION = "0023"
TIMEOUT_S = 300


def without_marks(database: Path) -> None:
    """Rewrite all words as a model in lower case without marks writes them."""
    with closing(sqlite3.connect(database)) as connection, connection:
        query = "SELECT transcription_number, segment_index, position, word FROM words"
        texts: dict[tuple[int, int], list[str]] = {}
        for number, index, position, word in connection.execute(
            f"{query} ORDER BY 1, 2, 3"
        ).fetchall():
            (bare,) = bare_words(word)
            texts.setdefault((number, index), []).append(bare)
            connection.execute(
                "UPDATE words SET word = ?, spoken = NULL, marked = NULL WHERE "
                "transcription_number = ? AND segment_index = ? AND position = ?",
                (bare, number, index, position),
            )
        for (number, index), words in texts.items():
            connection.execute(
                'UPDATE segments SET text = ?, raw_text = NULL WHERE "index" = ? '
                "AND transcription_number = ?",
                (" ".join(words), index, number),
            )


def punctuated(url: str) -> Job:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        job = Job.model_validate_json(httpx.get(f"{url}?word_timestamps=true").content)
        assert job.status is JobStatus.COMPLETED
        if job.progress.stage is Stage.DONE:
            return job
        time.sleep(0.2)
    raise TimeoutError("the text was not punctuated")


def test_a_lower_case_transcript_of_the_previous_release_gets_marks_from_its_recording(
    services: Services, tmp_path: Path
) -> None:
    recording = shared_speech() / RECORDING
    database = tmp_path / "data" / "speech_transcription.db"
    with running_service("backend", tmp_path, LLM_URL=services.llm.url) as backend:
        new = transcribe(backend.url, recording, word_timestamps=True)
    assert new.result is not None
    reference = new.result.text
    without_marks(database)
    engine = create_engine(f"sqlite:///{database}")
    downgrade(engine, PREVIOUS_REVISION)
    engine.dispose()
    with running_service("backend", tmp_path, LLM_URL=services.llm.url) as backend:
        job = punctuated(f"{backend.url}/v1/transcriptions/{new.id}")
    assert job.result is not None
    assert job.warnings == []
    words = [word for segment in job.result.segments for word in segment.words or []]
    assert not lacks_punctuation(words)
    spoken = [word.spoken or word.word for word in words]
    assert spoken == bare_words(reference)
    assert [(word.start, word.end) for word in words] == [
        (word.start, word.end) for segment in new.result.segments for word in segment.words or []
    ]
    scores = PunctuationScores()
    scores.add(reference, job.result.text)  # what whisper-base wrote by itself
    assert scores.sentence_end.f1 > 0.8
    assert scores.capital.f1 > 0.8
