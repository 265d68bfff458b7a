"""If these fail, OpenAI's client does not work when only its base URL is changed."""

import io
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
import srt
import webvtt

from speech_corpus import russian_sentences
from spoken_words import wer
from testbed.instant_llm import StandInLlm, instant_llm
from testbed.services import Services, free_port, running_service
from testbed.speech import Sentence

pytestmark = pytest.mark.slow

MAX_UPLOAD_BYTES = 5_000_000
INSTANT_LLM_TEXT = "за слово"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, StandInLlm]]:
    """Run a backend with an llm that answers instantly; return the URL and the llm."""
    port = free_port()
    folder = tmp_path_factory.mktemp("openai")
    limits = {"MAX_UPLOAD_BYTES": str(MAX_UPLOAD_BYTES)}
    with (
        instant_llm(port) as llm,
        running_service("backend", folder, LLM_URL=f"http://127.0.0.1:{port}", **limits) as service,
    ):
        yield service.url, llm


@pytest.fixture(scope="module")
def client(backend: tuple[str, StandInLlm]) -> openai.OpenAI:
    return client_of(backend[0])


def client_of(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)


def transcribe(client: openai.OpenAI, path: Path, **options):
    with path.open("rb") as file:
        return client.audio.transcriptions.create(
            file=file, **{"model": "whisper-1", "language": "ru", **options}
        )


@pytest.fixture(scope="module")
def speech() -> Path:
    return russian_sentences(1)[0].path


def test_every_response_format_is_supported(client, speech) -> None:
    text = transcribe(client, speech).text
    assert INSTANT_LLM_TEXT in text
    assert transcribe(client, speech, response_format="text") == f"{text}\n"
    cues = list(srt.parse(transcribe(client, speech, response_format="srt")))
    assert " ".join(one.content for one in cues).split() == text.split()
    vtt_cues = webvtt.from_buffer(
        io.StringIO(transcribe(client, speech, response_format="vtt"))
    ).captions
    assert len(vtt_cues) == len(cues)
    verbose = transcribe(client, speech, response_format="verbose_json")
    assert (verbose.text, verbose.language) == (text, "russian")
    assert verbose.segments[-1].end <= verbose.duration


def test_a_stream_ends_with_the_whole_text(client, speech) -> None:
    *deltas, done = list(transcribe(client, speech, stream=True))
    assert "".join(one.delta for one in deltas) == done.text
    assert INSTANT_LLM_TEXT in done.text


def test_a_client_that_disconnects_cancels_its_job_and_frees_the_llm(backend) -> None:
    url, llm = backend
    llm.delay_s, dropped_before = 30, llm.n_dropped
    try:
        with pytest.raises(openai.APITimeoutError):
            transcribe(client_of(url).with_options(timeout=3), russian_sentences(2)[1].path)
        deadline = time.monotonic() + 10
        while llm.n_dropped == dropped_before:
            assert time.monotonic() < deadline, "the llm still works on the chunk"
            time.sleep(0.1)
    finally:
        llm.delay_s = 0
    newest = httpx.get(f"{url}/v1/transcriptions?limit=1").json()["items"][0]
    assert newest["status"] == "cancelled"


def test_a_listed_model_is_accepted_and_an_unknown_one_refused(client, speech) -> None:
    (listed,) = client.models.list().data
    assert transcribe(client, speech, model=listed.id).text
    with pytest.raises(openai.NotFoundError) as failure:
        transcribe(client, speech, model="gpt-5-transcribe")
    assert failure.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "empty_audio"),
        (b"Dear Sir or Madam. " * 99, 400, "unsupported_media"),
        (bytes(MAX_UPLOAD_BYTES + 1), 413, "too_large"),
    ],
)
def test_a_bad_file_gets_openais_error_codes(client, tmp_path, content, status, code) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(openai.APIStatusError) as failure:
        transcribe(client, path)
    assert (failure.value.status_code, failure.value.code) == (status, code)
    assert failure.value.request_id


@pytest.fixture(scope="module")
def real(services: Services) -> openai.OpenAI:
    """Return OpenAI's client connected to the real services."""
    return client_of(services.backend.url)


@pytest.fixture(scope="module")
def sentence() -> Sentence:
    return russian_sentences(1)[0]


def test_real_speech_is_transcribed_without_options(real, sentence) -> None:
    with sentence.path.open("rb") as file:
        answer = real.audio.transcriptions.create(file=file, model="whisper-1")
    assert wer(sentence.text, answer.text) <= 0.35


def test_words_of_real_speech_have_times(real, sentence) -> None:
    answer = transcribe(
        real,
        sentence.path,
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert " ".join(one.word for one in answer.words) == answer.text
    assert all(one.start <= one.end <= answer.duration for one in answer.words)
    assert answer.segments[0].start <= answer.words[0].start


def test_russian_speech_is_translated_to_english(real, sentence) -> None:
    with sentence.path.open("rb") as file:
        answer = real.audio.translations.create(file=file, model="whisper-1")
    letters = [c for c in answer.text if c.isalpha()]
    assert letters
    assert sum(c.isascii() for c in letters) > 0.9 * len(letters)
