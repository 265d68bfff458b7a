"""OpenAI's API, called by OpenAI's own client: what it answers when all goes well."""

import asyncio
import io
import json

import httpx
import pytest
import srt
import webvtt
from openai import APIError, NotFoundError
from openai.types.audio import TranscriptionDiarized

from contracts.jobs import JobStatus
from contracts.languages import ENGLISH_NAMES, LANGUAGE_NAMES, OTHER_CODES, language_code
from contracts.options import MAX_PROMPT_CHARS, DecodingOptions, Diarization, Task
from contracts.problems import Problem
from contracts.transcription import Speaker
from unit.backend.routes.openai_backend import (
    COMPLETED,
    FIRST,
    LISTED,
    SECOND,
    ScriptedJobs,
    job,
    openai_backend,
)

pytestmark = pytest.mark.whole_app

TEXT = "Доброе утро. До <свидания>."
AUDIO = ("Речь.wav", b"RIFF...", "audio/wav")


@pytest.fixture(autouse=True)
def _look_often(monkeypatch) -> None:
    monkeypatch.setattr("backend.routes.waiting._POLL_S", 0.01)


@pytest.fixture
def jobs() -> ScriptedJobs:
    return ScriptedJobs([job(JobStatus.QUEUED), job(JobStatus.RUNNING, FIRST), COMPLETED])


@pytest.fixture
async def openai(jobs, tmp_path):
    async with openai_backend(jobs, tmp_path) as client, client:
        yield client


@pytest.fixture
def transcribe(openai):
    async def create(**options):
        fields = {"file": AUDIO, "model": "whisper-1", **options}
        return await openai.audio.transcriptions.create(**fields)

    return create


async def test_the_whole_text_comes_once_the_job_has_ended(transcribe, jobs) -> None:
    answer = await transcribe()
    assert (answer.text, answer.usage.seconds) == (TEXT, 5)
    assert (jobs.received, jobs.name) == (b"RIFF...", "Речь.wav")


async def test_speakers_are_told_as_by_openai(openai, jobs) -> None:
    """Otherwise programs that call OpenAI's diarizing model find no speakers."""
    speakers = [
        Speaker(id="S1", name=None, speech_s=1.5, share=0.5),
        Speaker(id="S2", name="Анна", speech_s=1.2, share=0.5),
    ]
    said = [FIRST.model_copy(update={"speaker": "S1"}), SECOND.model_copy(update={"speaker": "S2"})]
    ended = job(JobStatus.COMPLETED, *said)
    assert ended.result
    ended.result.speakers = speakers
    jobs.states = [ended]
    answer = await openai.audio.transcriptions.create(
        file=AUDIO, model="gpt-4o-transcribe-diarize", response_format="diarized_json"
    )
    assert isinstance(answer, TranscriptionDiarized)
    assert [(one.speaker, one.text, one.start, one.end) for one in answer.segments] == [
        ("A", " Доброе утро.", 0.5, 2.0),
        ("Анна", " До <свидания>.", 3.0, 4.2),
    ]
    assert (answer.text, answer.task) == (TEXT, "transcribe")
    assert jobs.options.diarization is Diarization.AUTO


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-transcribe",
        "gpt-4o-mini-transcribe",
        "gpt-4o-mini-transcribe-2025-12-15",
        "whisper-large-v3-turbo",
        "openai/whisper-small",
        "Systran/faster-whisper-tiny.en",
        "Systran/faster-distil-whisper-large-v3",
    ],
)
async def test_other_services_names_for_whisper_mean_the_loaded_model(
    transcribe, openai, name
) -> None:
    """Otherwise Open WebUI, LibreChat and speaches' clients need their model name changed."""
    answer = await transcribe(model=name)
    assert (answer.text, answer.model) == (TEXT, LISTED)
    assert (await openai.models.retrieve(name)).id == LISTED


@pytest.mark.parametrize(("name", "requested"), [("whisper-1", None), (LISTED, LISTED)])
async def test_a_listed_model_is_requested_and_whisper_1_means_that_of_the_language(
    transcribe, jobs, name: str, requested: str | None
) -> None:
    await transcribe(model=name)
    assert jobs.options.model == requested


async def test_the_response_names_the_model_that_made_the_text(transcribe) -> None:
    assert (await transcribe(response_format="verbose_json")).model == LISTED
    assert [event async for event in await transcribe(stream=True)][-1].model == LISTED


async def test_one_model_can_be_read(openai) -> None:
    """Otherwise clients that check a model before they use it give up."""
    assert (await openai.models.retrieve(LISTED)).id == LISTED
    with pytest.raises(NotFoundError) as failure:
        await openai.models.retrieve("gpt-5")
    assert (failure.value.code, failure.value.param) == ("model_not_found", "model")


async def test_aliases_can_be_turned_off(jobs, tmp_path) -> None:
    """Otherwise nobody learns that a client asks for a model which is not there."""
    async with openai_backend(jobs, tmp_path, openai_model_aliases=False) as client, client:
        with pytest.raises(NotFoundError):
            await client.audio.transcriptions.create(file=AUDIO, model="gpt-4o-transcribe")
        answer = await client.audio.transcriptions.create(file=AUDIO, model="whisper-1")
    assert answer.text == TEXT


async def test_plain_text_is_the_text_alone(transcribe) -> None:
    assert await transcribe(response_format="text") == f"{TEXT}\n"


async def test_subtitles_can_be_read_by_others(transcribe) -> None:
    read = list(srt.parse(await transcribe(response_format="srt")))
    assert [one.content for one in read] == ["Доброе утро.", "До ‹свидания›."]
    read = list(webvtt.from_buffer(io.StringIO(await transcribe(response_format="vtt"))))
    assert [one.start for one in read] == ["00:00:00.500", "00:00:03.000"]


async def test_the_verbose_form_has_what_openais_types_ask_for(transcribe) -> None:
    answer = await transcribe(response_format="verbose_json", temperature=0.2)
    assert (answer.text, answer.language, answer.duration) == (TEXT, "russian", 4.2)
    assert answer.words is None
    first, second = answer.segments
    assert first.model_dump() == {
        "id": 0, "seek": 50, "start": 0.5, "end": 2.0, "text": " Доброе утро.", "tokens": [],
        "temperature": 0.2, "avg_logprob": -0.25, "compression_ratio": 1.5, "no_speech_prob": 0.1,
    }  # fmt: skip
    assert (second.id, second.end) == (1, 4.2)


@pytest.mark.parametrize(
    ("granularities", "has_words", "has_segments"),
    [(["word"], True, False), (["segment"], False, True), (["word", "segment"], True, True)],
)
async def test_times_are_given_for_what_is_asked(
    transcribe, jobs, granularities, has_words, has_segments
) -> None:
    answer = await transcribe(response_format="verbose_json", timestamp_granularities=granularities)
    assert (answer.words is not None, answer.segments is not None) == (has_words, has_segments)
    assert jobs.options.word_timestamps is has_words
    if has_words:
        assert [(one.word, one.start, one.end) for one in answer.words] == [
            ("Доброе", 0.5, 1.0),
            ("утро.", 1.0, 2.0),
        ]


async def test_what_is_asked_for_reaches_the_job(transcribe, jobs) -> None:
    await transcribe(
        language="en", prompt="Казань", temperature=0.5, extra_body={"normalization": "none"}
    )
    asked = jobs.options
    assert (asked.language, asked.prompt, asked.temperature) == ("en", "Казань", 0.5)
    assert (asked.task, asked.normalization.value) == (Task.TRANSCRIBE, "none")


async def test_without_a_language_the_model_finds_it(transcribe, jobs) -> None:
    await transcribe()
    assert jobs.options.language == "auto"


@pytest.mark.parametrize("language", ["ru-RU", "RU", "russian", "Russian", "rus", "ru_RU"])
async def test_a_language_may_be_named_in_any_common_way(transcribe, jobs, language) -> None:
    """Otherwise Home Assistant and SpeechRecognition, which send locales, get errors."""
    await transcribe(language=language)
    assert jobs.options.language == "ru"


async def test_unknown_fields_are_ignored_and_empty_ones_unset(transcribe, jobs) -> None:
    """Otherwise Dify (`user`), LibreChat and new versions of OpenAI's client get errors."""
    answer = await transcribe(
        chunking_strategy={"type": "server_vad", "threshold": 0.5},
        extra_body={
            "user": "me", "language": "", "prompt": "", "response_format": "", "temperature": "",
            "timestamp_granularities": [""], "diarize": "true",
        },
    )  # fmt: skip
    assert answer.text == TEXT
    assert (jobs.options.language, jobs.options.temperature) == ("auto", 0)


@pytest.mark.parametrize("name", ["{}", "{}[]", "{}[0]"])
async def test_a_list_may_be_written_in_three_ways(openai, name) -> None:
    """Otherwise forms of PHP, Node and curl lose their word times."""
    form = [
        ("file", AUDIO),
        ("model", (None, "whisper-1")),
        ("response_format", (None, "verbose_json")),
        (name.format("timestamp_granularities"), (None, "word")),
        (name.format("timestamp_granularities").replace("0", "1"), (None, "segment")),
    ]
    async with httpx.AsyncClient(base_url=str(openai.base_url)) as plain:
        answer = (await plain.post("audio/transcriptions", files=form)).json()
    assert len(answer["words"]) == len(answer["segments"]) == 2


async def test_logprobs_are_those_of_words_or_else_of_segments(transcribe, jobs) -> None:
    """Otherwise clients that mark uncertain words have nothing to go by."""
    answer = await transcribe(include=["logprobs"])
    assert jobs.options.word_timestamps
    assert [(one.token, one.logprob) for one in answer.logprobs] == [
        (" Доброе", 0),
        (" утро.", 0),
        (" До <свидания>.", -0.25),
    ]
    assert "".join(bytes(map(int, one.bytes)).decode() for one in answer.logprobs) == f" {TEXT}"
    done = [event async for event in await transcribe(stream=True, include=["logprobs"])][-1]
    assert [one.model_dump() for one in done.logprobs] == [
        one.model_dump() for one in answer.logprobs
    ]


async def test_of_a_prompt_that_is_too_long_the_end_is_used(transcribe, jobs) -> None:
    await transcribe(prompt="а" * 5000 + "конец")
    assert jobs.options.prompt.endswith("аконец")
    assert len(jobs.options.prompt) == MAX_PROMPT_CHARS
    DecodingOptions(prompt=jobs.options.prompt)


async def test_the_saved_glossary_can_be_switched_off(transcribe, jobs) -> None:
    """Other empty fields are unset ones; if this one is, too, a client cannot do without it."""
    await transcribe(extra_body={"glossary": ""})
    assert jobs.options.glossary == ""
    await transcribe()
    assert jobs.options.glossary is None


async def test_a_translation_is_in_english(openai, jobs) -> None:
    answer = await openai.audio.translations.create(
        file=AUDIO, model="whisper-1", response_format="verbose_json"
    )
    assert jobs.options.task is Task.TRANSLATE
    assert (answer.text, answer.language) == (TEXT, "english")
    plain = await openai.audio.translations.create(file=AUDIO, model="whisper-1")
    assert plain.text == TEXT


async def test_a_stream_is_the_text_as_it_comes_and_then_the_whole(transcribe, jobs) -> None:
    events = [event async for event in await transcribe(stream=True)]
    assert jobs.options.low_latency
    assert [(one.type, getattr(one, "delta", None)) for one in events] == [
        ("transcript.text.delta", "Доброе утро."),
        ("transcript.text.delta", " До <свидания>."),
        ("transcript.text.done", None),
    ]
    assert events[-1].text == TEXT


async def test_each_event_of_a_stream_has_its_name_and_the_last_one_the_segments(openai) -> None:
    """Otherwise clients that select by `event:`, as EventSource does, see nothing."""
    form = [("file", AUDIO), ("model", (None, "whisper-1")), ("stream", (None, "true"))]
    async with httpx.AsyncClient(base_url=str(openai.base_url)) as plain:
        answer = await plain.post("audio/transcriptions", files=form)
    lines = answer.text.splitlines()
    assert [line for line in lines if line.startswith("event:")] == [
        "event: transcript.text.delta",
        "event: transcript.text.delta",
        "event: transcript.text.done",
    ]
    done = json.loads(
        [line for line in lines if line.startswith("data:")][-1].removeprefix("data:")
    )
    assert [(one["start"], one["text"]) for one in done["segments"]] == [
        (0.5, " Доброе утро."),
        (3.0, " До <свидания>."),
    ]


async def test_a_segment_that_grows_is_streamed_to_its_end(transcribe, jobs) -> None:
    grown = FIRST.model_copy(update={"text": f"{FIRST.text} Да."})
    jobs.states = [job(JobStatus.RUNNING, FIRST), job(JobStatus.COMPLETED, grown)]
    events = [event async for event in await transcribe(stream=True)]
    assert "".join(one.delta for one in events[:-1]) == events[-1].text == grown.text


async def test_a_stream_of_silence_is_an_empty_text(transcribe, jobs) -> None:
    jobs.states = [job(JobStatus.COMPLETED)]
    (done,) = [event async for event in await transcribe(stream=True)]
    assert (done.type, done.text) == ("transcript.text.done", "")


async def test_a_job_that_fails_breaks_the_stream_with_its_reason(transcribe, jobs) -> None:
    problem = Problem(type="/problems/llm-failed", title="", status=502, detail="Сломалось.")
    jobs.states = [job(JobStatus.RUNNING, FIRST), job(JobStatus.FAILED, FIRST, error=problem)]
    stream = await transcribe(stream=True)
    assert (await anext(aiter(stream))).delta == FIRST.text
    with pytest.raises(APIError, match="Сломалось") as failure:
        await anext(aiter(stream))
    assert (failure.value.code, failure.value.type) == ("llm_failed", "server_error")


@pytest.mark.parametrize("stream", [False, True])
async def test_who_hangs_up_frees_the_llm(transcribe, jobs, stream) -> None:
    jobs.states = [job(JobStatus.RUNNING, FIRST)]

    async def ask() -> None:
        answer = await transcribe(stream=stream)
        async for _ in answer:
            pass

    asking = asyncio.create_task(ask())
    while jobs.n_looks < 3:
        await asyncio.sleep(0.01)
    assert not jobs.cancelled.is_set()
    asking.cancel()
    async with asyncio.timeout(5):
        await jobs.cancelled.wait()


@pytest.mark.parametrize("stream", [False, True])
async def test_a_job_that_was_waited_for_is_not_cancelled(transcribe, jobs, stream) -> None:
    answer = await transcribe(stream=stream)
    if stream:
        _ = [event async for event in answer]
    await asyncio.sleep(0.1)
    assert not jobs.cancelled.is_set()


async def test_our_own_end_leaves_the_job_to_go_on(jobs, tmp_path) -> None:
    jobs.states = [job(JobStatus.RUNNING, FIRST)]
    async with openai_backend(jobs, tmp_path) as client:
        stream = await client.audio.transcriptions.create(
            file=AUDIO, model="whisper-1", stream=True
        )
        await anext(aiter(stream))
    n_looks = jobs.n_looks
    await asyncio.sleep(0.2)
    assert jobs.n_looks == n_looks, "the server still answers: nothing is shown"
    assert not jobs.cancelled.is_set()
    await client.close()  # only now: else it would be a client that hangs up


def test_every_language_has_its_english_name() -> None:
    assert set(ENGLISH_NAMES) == set(LANGUAGE_NAMES)
    assert len(set(ENGLISH_NAMES.values())) == len(ENGLISH_NAMES)
    assert set(OTHER_CODES.values()) == set(LANGUAGE_NAMES) - {"haw"}
    assert all(language_code(name) == code for code, name in ENGLISH_NAMES.items())
