"""whisper-asr-webservice's API: if these fail, bazarr and its like get no subtitles."""

import io
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import srt
import webvtt

from contracts.jobs import JobStatus
from contracts.models import HealthStatus
from contracts.options import Task
from unit.backend.routes.openai_backend import (
    COMPLETED,
    LISTED,
    MAX_UPLOAD_BYTES,
    ScriptedJobs,
    job,
    openai_backend,
)

pytestmark = pytest.mark.whole_app

AUDIO = {"audio_file": ("Речь.wav", b"RIFF...")}


@pytest.fixture
def jobs() -> ScriptedJobs:
    return ScriptedJobs([COMPLETED])


@pytest.fixture
async def client(jobs: ScriptedJobs, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with openai_backend(jobs, tmp_path) as openai, openai:
        base_url = str(openai.base_url).removesuffix("v1/")
        async with httpx.AsyncClient(base_url=base_url, timeout=30) as client:
            yield client


async def test_every_output_is_plain_text_and_a_download(client: httpx.AsyncClient) -> None:
    contents = {}
    for output in ("txt", "srt", "vtt", "tsv", "json"):
        answer = await client.post("/asr", params={"output": output}, files=AUDIO)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert f"a.{output}" in answer.headers["Content-Disposition"]
        assert answer.headers["Asr-Model"] == LISTED
        contents[output] = answer.text
    assert contents["txt"] == "Доброе утро.\nДо <свидания>.\n"
    assert next(cue.content for cue in srt.parse(contents["srt"])) == "Доброе утро."
    assert len(webvtt.from_buffer(io.StringIO(contents["vtt"]))) == 2
    assert contents["tsv"].splitlines()[:2] == ["start\tend\ttext", "500\t2000\tДоброе утро."]
    found = json.loads(contents["json"])
    assert (found["language"], found["text"]) == ("ru", "Доброе утро. До <свидания>.")
    assert [segment["start"] for segment in found["segments"]] == [0.5, 3.0]


async def test_words_have_times_only_if_they_are_asked_for(client: httpx.AsyncClient) -> None:
    for asked in (True, False):
        params = {"output": "json", "word_timestamps": asked}
        answer = await client.post("/asr", params=params, files=AUDIO)
        first, _ = answer.json()["segments"]
        words = [word["word"] for word in first["words"] or []]
        assert words == ([" Доброе", " утро."] if asked else [])


async def test_options_reach_the_job_and_unknown_ones_do_not_matter(
    client: httpx.AsyncClient, jobs: ScriptedJobs
) -> None:
    params = {
        "task": "translate", "language": "de", "initial_prompt": "Herr Müller", "output": "srt",
        "word_timestamps": "true", "vad_filter": "true", "diarize": "false", "min_speakers": "",
    }  # fmt: skip
    assert (await client.post("/asr", params=params, files=AUDIO)).is_success
    options = jobs.options
    assert options is not None
    assert (options.task, options.language, options.prompt) == (
        Task.TRANSLATE,
        "de",
        "Herr Müller",
    )
    assert options.word_timestamps


async def test_the_language_is_detected_unless_it_is_given(
    client: httpx.AsyncClient, jobs: ScriptedJobs
) -> None:
    await client.post("/asr", params={"language": ""}, files=AUDIO)
    assert jobs.options is not None
    assert jobs.options.language == "auto"


async def test_raw_samples_become_a_wav_file(client: httpx.AsyncClient, jobs: ScriptedJobs) -> None:
    """bazarr extracts the samples itself and sends them without a header."""
    samples = bytes(range(200)) * 2
    params = {"encode": "false", "video_file": "/films/Солярис.mkv"}
    answer = await client.post("/asr", params=params, files={"audio_file": samples})
    assert answer.is_success
    with wave.open(io.BytesIO(jobs.received)) as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, 16_000)
    assert jobs.received.endswith(samples)
    assert jobs.name == "Солярис.mkv"


async def test_a_wav_file_that_is_called_raw_gets_no_second_header(
    client: httpx.AsyncClient, jobs: ScriptedJobs
) -> None:
    await client.post("/asr", params={"encode": "false"}, files=AUDIO)
    assert jobs.received == AUDIO["audio_file"][1]


@pytest.mark.parametrize(
    ("params", "files", "expected"),
    [
        ({"output": "docx"}, AUDIO, (422, "/output")),
        ({"language": "klingon"}, AUDIO, (422, "/language")),
        ({"encode": "perhaps"}, AUDIO, (422, "/encode")),
        ({}, {"other": ("a.wav", b"")}, (422, "/audio_file")),
        ({}, {"file": ("a.wav", bytes(2**20))}, (400, None)),
        ({}, {}, (400, None)),
        ({}, {"audio_file": ("a.wav", bytes(MAX_UPLOAD_BYTES + 1))}, (413, None)),
    ],
)
async def test_a_bad_request_gets_a_problem_that_names_the_field(
    client: httpx.AsyncClient, tmp_path: Path, params, files, expected
) -> None:
    answer = await client.post("/asr", params=params, files=files)
    fields = answer.json().get("errors", [{"pointer": None}])
    assert (answer.status_code, fields[0]["pointer"]) == expected
    assert list((tmp_path / "work").iterdir()) == []


async def test_a_file_in_another_field_is_told_its_field(client: httpx.AsyncClient) -> None:
    answer = await client.post("/asr", files={"file": ("a.wav", bytes(20_000))})
    assert "audio_file" in answer.json()["detail"]


async def test_a_full_queue_tells_when_to_come_back(
    client: httpx.AsyncClient, jobs: ScriptedJobs
) -> None:
    jobs.is_full = True
    for path in ("/asr", "/detect-language"):
        answer = await client.post(path, files=AUDIO)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


async def test_a_cancelled_job_is_a_conflict(tmp_path: Path) -> None:
    jobs = ScriptedJobs([job(JobStatus.CANCELLED)])
    async with openai_backend(jobs, tmp_path) as openai, openai:
        answer = await post(openai, "asr")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/wrong-state")


async def test_requests_are_refused_until_the_model_is_ready(
    jobs: ScriptedJobs, tmp_path: Path
) -> None:
    async with openai_backend(jobs, tmp_path, HealthStatus.STARTING) as openai, openai:
        for path in ("asr", "detect-language"):
            answer = await post(openai, path)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


async def post(openai, path: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.post(f"{openai.base_url}../{path}", files=AUDIO)
