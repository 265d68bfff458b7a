"""Finished jobs, written into the database of running services, with a recording to play."""

import asyncio
import shutil
import wave
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from backend.storage.database import ChunkResult, Database, PreparedRecording, ResultKey, Stores
from backend.storage.files import new_id
from contracts.jobs import FileInfo, Job, JobStatus, Progress, Stage
from contracts.models import ModelIdentity
from contracts.options import TranscribeOptions
from contracts.report import ReportItem
from contracts.transcription import Segment, Word

OWNER = "local"
SAMPLE_RATE = 8_000
PHRASE_S = 2.4
MODEL = ModelIdentity(name="embedded/whisper-base", revision="0" * 40, engine="none", device="cpu")
VOCABULARY = (
    "потом", "остановился", "краснея", "сквозь", "седину", "стал",
    "говорить", "ничего", "не", "знаю", "о", "тебе",
)  # fmt: skip


def long_phrases(n: int) -> list[str]:
    """Return different phrases of seven words."""
    return [
        " ".join(VOCABULARY[(index * 5 + place) % len(VOCABULARY)] for place in range(6))
        + f" {index}."
        for index in range(n)
    ]


def write_finished(
    data: Path,
    phrases: Sequence[str],
    *,
    unsure: frozenset[int] = frozenset(),
    report: Sequence[ReportItem] = (),
    speakers: Sequence[str | None] = (),
    name: str = "a.wav",
    detected_language: str = "ru",
    video: Path | None = None,
    model: str = MODEL.name,
    audio_sha256: str = "",
) -> str:
    """Write a job as if it had been transcribed; each phrase takes `PHRASE_S`.

    Args:
        data: the backend's folder.
        unsure: positions of phrases of which, and of whose second word, the model was unsure.
        report: what became of speech without words.
        detected_language: code of the language that the recording sounds like.
        speakers: ids of those who say the phrases; none: unknown.
        video: a WebM file to play instead of tones.
        model: that wrote the text.
        audio_sha256: of the sound, which transcripts of one recording share.

    Returns: the job's id.
    """
    now = datetime.now(UTC)
    duration_s = len(phrases) * PHRASE_S
    job = _job(name, now)
    blob = data / "blobs" / f"{job.id}{video.suffix if video else '.wav'}"
    blob.parent.mkdir(parents=True, exist_ok=True)
    if video:
        job.file.container = "matroska,webm"
        shutil.copy(video, blob)
    else:
        _write_tones(blob, len(phrases))
    segments = [
        _segment(index, text, is_unsure=index in unsure) for index, text in enumerate(phrases)
    ]
    for segment, speaker in zip(segments, speakers, strict=False):
        segment.speaker = speaker
    progress = Progress(
        processed_s=duration_s,
        total_s=duration_s,
        chunks_done=1,
        chunks_total=1,
        eta_s=0,
        stage=Stage.DONE,
    )
    written_by = MODEL.model_copy(update={"name": model})
    chunk = ChunkResult(
        segments, progress, written_by, "ru", report, detected_language=detected_language
    )
    writing = _write(data, job, blob.relative_to(data), chunk, audio_sha256)
    with ThreadPoolExecutor(1) as thread:  # Playwright uses this thread's event loop
        thread.submit(asyncio.run, writing).result()
    return job.id


def write_suggestion(data: Path, job_id: str, speaker: str, name: str, certainty: float) -> None:
    """Remember a voice as if it had been asked for, and suggest it for a speaker of a job."""

    async def write() -> None:
        database = Database.open(f"sqlite:///{data / 'speech_transcription.db'}")
        try:
            voices, now = Stores(database).voices, datetime.now(UTC)
            vector = np.ones(4, np.float32)
            voice = await voices.put(OWNER, name, vector, speech_s=20.0, created_at=now)
            await voices.suggest(job_id, {speaker: (voice.id, certainty)})
        finally:
            database.close()

    with ThreadPoolExecutor(1) as thread:  # as in `write_finished`
        thread.submit(asyncio.run, write()).result()


async def _write(data: Path, job: Job, blob: Path, chunk: ChunkResult, audio_sha256: str) -> None:
    database = Database.open(f"sqlite:///{data / 'speech_transcription.db'}")
    now, duration_s = job.created_at, chunk.progress.total_s
    try:
        stores = Stores(database)
        await stores.jobs.add(job, OWNER, str(blob))
        await stores.runs.begin(job.id, now)
        await stores.runs.set_prepared(job.id, PreparedRecording(duration_s, duration_s, 1))
        if audio_sha256:
            key = ResultKey(audio_sha256, f"options of {chunk.model.name}", chunk.model)
            await stores.duplicates.claim_result(job.id, key)
        await stores.runs.append(job.id, 0, chunk)
        await stores.runs.finish(
            job.id, JobStatus.COMPLETED, finished_at=now + timedelta(seconds=60)
        )
    finally:
        database.close()


def _job(name: str, now: datetime) -> Job:
    file = FileInfo(
        name=name,
        size_bytes=1,
        sha256="00",
        container="wav",
        codec="pcm_u8",
        sample_rate=SAMPLE_RATE,
        channels=1,
    )
    return Job(
        id=new_id(),
        status=JobStatus.QUEUED,
        created_at=now,
        file=file,
        options=TranscribeOptions(word_timestamps=True),
    )


def _segment(index: int, text: str, *, is_unsure: bool) -> Segment:
    start = index * PHRASE_S
    words = text.split()
    word_s = PHRASE_S / max(1, len(words))
    return Segment(
        index=index,
        start=start,
        end=start + PHRASE_S,
        text=text,
        avg_logprob=-0.9 if is_unsure else -0.2,
        no_speech_prob=0.01,
        compression_ratio=1.2,
        words=[
            Word(
                word=word,
                start=start + place * word_s,
                end=start + (place + 1) * word_s,
                probability=0.1 if is_unsure and place == 1 else 0.9,
            )
            for place, word in enumerate(words)
        ],
    )


def _write_tones(path: Path, n_phrases: int) -> None:
    """Write a quiet buzz for each phrase, with a pause at its end."""
    n_samples = round(PHRASE_S * SAMPLE_RATE)
    buzz = bytes(128 + (12 if place // 20 % 2 else -12) for place in range(n_samples * 3 // 4))
    phrase = buzz + bytes([128]) * (n_samples - len(buzz))
    with wave.open(str(path), "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(1)
        target.setframerate(SAMPLE_RATE)
        for _ in range(n_phrases):
            target.writeframes(phrase)
