"""If these fail, programs that are written for OpenAI do not work with another base URL."""

import time
from pathlib import Path

import httpx
import openai
import pytest
import srt

from clients.conftest import LARGEST_WER
from clients.installed import run_node, run_python, run_python_3_12
from speech_corpus import russian_sentences
from spoken_words import wer
from testbed.speech import Sentence, concatenated

pytestmark = pytest.mark.slow

MODEL = "embedded/whisper-base"


def is_right(text: str, sentence: Sentence) -> bool:
    return wer(sentence.text, text) <= LARGEST_WER


async def test_openai_for_python_streams_without_blocking(
    base_url: str, sentence: Sentence
) -> None:
    client = openai.AsyncOpenAI(base_url=base_url, api_key="any", max_retries=0)
    async with client:
        stream = await client.audio.transcriptions.create(
            file=sentence.path, model="gpt-4o-transcribe", language="ru", stream=True,
            include=["logprobs"], chunking_strategy="auto",
        )  # fmt: skip
        *deltas, done = [event async for event in stream]
    assert "".join(event.delta for event in deltas) == done.text
    assert is_right(done.text, sentence)
    assert "".join(one.token for one in done.logprobs).strip() == done.text
    assert all(-20 < one.logprob <= 0 for one in done.logprobs)


def test_the_text_of_the_first_chunk_is_streamed_before_the_second_is_transcribed(
    base_url: str,
) -> None:
    path: Path = concatenated(russian_sentences(5), pause_s=0.6)
    client = openai.OpenAI(base_url=base_url, api_key="any", max_retries=0)
    with path.open("rb") as file:
        events = client.audio.transcriptions.create(
            file=file, model="whisper-1", language="ru", stream=True, extra_body={"force": "true"}
        )
        arrived_s = [time.monotonic() for event in events if event.type == "transcript.text.delta"]
    assert arrived_s[-1] - arrived_s[0] > 0.2


def test_events_are_named_for_clients_that_listen_by_name(
    base_url: str, sentence: Sentence
) -> None:
    fields = {"model": "whisper-1", "language": "ru", "stream": "true"}
    with sentence.path.open("rb") as file:
        url = f"{base_url}/audio/transcriptions"
        answer = httpx.post(url, data=fields, files={"file": file}, timeout=120)
    names = [line for line in answer.text.splitlines() if line.startswith("event:")]
    assert set(names) == {"event: transcript.text.delta", "event: transcript.text.done"}


def test_openai_for_node_gets_every_format(base_url: str, sentence: Sentence) -> None:
    found = run_node("openai.mjs", base_url, str(sentence.path))
    text = found["json"]["text"]
    assert is_right(text, sentence)
    assert (found["json"]["model"], found["model"]) == (MODEL, MODEL)
    assert found["text"].strip() == found["verbose_json"]["text"] == text
    assert " ".join(cue.content for cue in srt.parse(found["srt"])).split() == text.split()
    assert found["vtt"].startswith("WEBVTT")
    assert "".join(one["text"] for one in found["verbose_json"]["segments"]) == f" {text}"
    assert " ".join(word["word"] for word in found["words"]) == text
    assert "".join(one["token"] for one in found["logprobs"]).strip() == text
    *deltas, done = found["events"]
    assert "".join(event["delta"] for event in deltas) == done["text"] == text
    assert done["segments"][0]["text"].startswith(" ")
    assert found["translation"].isascii()
    assert found["error"] == {
        "name": "NotFoundError", "status": 404, "code": "model_not_found", "param": "model"
    }  # fmt: skip


@pytest.mark.parametrize("version", [4, 5])
def test_the_ai_sdk_gets_the_text_and_the_times_that_it_asks_for(
    base_url: str, sentence: Sentence, version: int
) -> None:
    found = run_node(f"ai_sdk_{version}.mjs", base_url, str(sentence.path))
    for answer in found.values():
        assert is_right(answer["text"], sentence)
    if version == 4:  # it does not ask for times
        return
    timed = found["whisper-1"]
    assert timed["language"] == "ru"
    assert timed["segments"][0]["startSecond"] < timed["segments"][-1]["endSecond"]
    assert timed["segments"][-1]["endSecond"] <= timed["durationInSeconds"]


def test_litellm_gets_text_subtitles_and_words(base_url: str, sentence: Sentence) -> None:
    found = run_python("litellm_client.py", base_url, str(sentence.path))
    assert is_right(found["text"], sentence)
    assert next(srt.parse(found["srt"])).index == 1
    assert " ".join(found["words"]) == found["text"]
    assert found["duration"] > 3


@pytest.mark.parametrize("client", ["dify", "langchain", "speech_recognition"])
def test_a_client_of_python_gets_the_text(base_url: str, sentence: Sentence, client: str) -> None:
    found = run_python(f"{client}_client.py", base_url, str(sentence.path))
    assert is_right(found["text"], sentence)


@pytest.mark.parametrize("model", ["whisper-1", "gpt-4o-transcribe"])
def test_voice_agents_get_the_text(base_url: str, sentence: Sentence, model: str) -> None:
    """They ask for another format of each model: segments, or log-probabilities."""
    for client in ("pipecat", "livekit"):
        found = run_python(f"{client}_client.py", base_url, str(sentence.path), model)
        assert is_right(found["text"], sentence)


def test_home_assistant_gets_the_text_through_wyoming_openai(
    base_url: str, sentence: Sentence
) -> None:
    found = run_python_3_12("wyoming_client.py", base_url, str(sentence.path))
    assert is_right(found["text"], sentence)
