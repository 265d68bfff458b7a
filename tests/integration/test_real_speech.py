"""If these fail, the transcript of real speech has wrong words or wrong times."""

import json
from difflib import SequenceMatcher
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from contracts.jobs import Job, JobStatus
from contracts.transcription import Transcript
from integration.client import transcribe
from speech_corpus import russian_sentences, shared_speech
from spoken_words import wer, words
from testbed.services import Services
from testbed.speech import concatenated

pytestmark = pytest.mark.slow


def result_of(job: Job) -> Transcript:
    assert job.status is JobStatus.COMPLETED, job.error
    assert job.result is not None
    return job.result


def test_minutes_of_speech_are_transcribed_in_order(services: Services) -> None:
    sentences = russian_sentences(12)
    job = transcribe(services.backend.url, concatenated(sentences, pause_s=0.6))
    result = result_of(job)
    assert wer(" ".join(one.text for one in sentences), result.text) <= 0.25
    assert all(one.end <= other.start for one, other in pairwise(result.segments))
    assert result.segments[-1].end <= result.duration_s
    assert job.model is not None
    assert job.model.name == "embedded/whisper-base"


def test_word_times_lie_inside_their_segments_and_increase(services: Services) -> None:
    recording = russian_sentences(1)[0]
    job = transcribe(services.backend.url, recording.path, word_timestamps=True)
    for segment in result_of(job).segments:
        assert segment.words
        assert "".join(words(segment.text)) == "".join(
            words(" ".join(w.word for w in segment.words))
        )
        assert segment.start <= segment.words[0].start
        assert segment.words[-1].end <= segment.end
        assert all(one.start <= other.start for one, other in pairwise(segment.words))


def test_beam_search_and_prompt_are_accepted(services: Services) -> None:
    recording = russian_sentences(1)[0]
    options = {"beam_size": 3, "prompt": "Разговор о Москве.", "normalization": "none"}
    job = transcribe(services.backend.url, recording.path, **options)
    assert wer(recording.text, result_of(job).text) <= 0.35


@pytest.fixture(scope="module")
def long_recording(services: Services) -> tuple[Transcript, list[dict]]:
    path = shared_speech() / "ru" / "long_ru_aelita_1.mp3"
    sentences = json.loads(Path(f"{path}.segments.json").read_text(encoding="utf-8"))
    return result_of(transcribe(services.backend.url, path)), sentences


def test_nine_minutes_have_a_wer_of_at_most_16_percent(long_recording) -> None:
    result, sentences = long_recording
    assert wer(" ".join(one["text"] for one in sentences), result.text) <= 0.16


def test_every_second_of_speech_lies_in_a_segment(long_recording) -> None:
    result, _ = long_recording
    in_segments = sum(segment.end - segment.start for segment in result.segments)
    assert in_segments >= 0.97 * result.speech_s


def test_nine_of_ten_sentences_have_the_right_times(long_recording) -> None:
    result, sentences = long_recording
    errors_s = [
        max(abs(found[0] - sentence["start"]), abs(found[1] - sentence["end"]))
        for sentence, found in matched(sentences, result)
    ]
    assert len(errors_s) >= 0.5 * len(sentences)
    assert sum(error <= 0.5 for error in errors_s) >= 0.9 * len(errors_s)


def matched(sentences: list[dict], result: Transcript) -> list[tuple[dict, tuple[float, float]]]:
    """Pair sentences with the times of the segments that begin and end with the same words."""
    spoken = [(word, n) for n, one in enumerate(sentences) for word in words(one["text"])]
    recognised = [
        (word, segment, index)
        for segment in result.segments
        for index, word in enumerate(words(segment.text))
    ]
    blocks = SequenceMatcher(
        None, [word for word, _ in spoken], [word for word, *_ in recognised], autojunk=False
    ).get_matching_blocks()
    recognised_at = {a + i: b + i for a, b, size in blocks for i in range(size)}
    found: list[tuple[dict, tuple[float, float]]] = []
    for n, sentence in enumerate(sentences):
        indices = [index for index, (_, of) in enumerate(spoken) if of == n]
        if not indices or indices[0] not in recognised_at or indices[-1] not in recognised_at:
            continue
        _, first, first_index = recognised[recognised_at[indices[0]]]
        _, last, last_index = recognised[recognised_at[indices[-1]]]
        if first_index == 0 and last_index == len(words(last.text)) - 1:
            found.append((sentence, (first.start, last.end)))
    return found


def texts_of_derived_files(services: Services) -> dict[str, dict[str, str]]:
    """Return the recognised text of each derived file, grouped by the reference text."""
    folder = shared_speech()
    rows = map(json.loads, (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
    texts: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["file"].startswith("derived/"):
            path = folder / row["file"]
            result = result_of(transcribe(services.backend.url, path))
            texts.setdefault(row["text"], {})[path.name] = result.text
    return texts


def test_the_container_and_codec_of_a_recording_hardly_change_its_text(
    services: Services,
) -> None:
    """At 16 kbit/s whisper-base splits a rare word in two of its three occurrences."""
    texts = texts_of_derived_files(services)
    assert sum(map(len, texts.values())) == 19
    pairs = [pair for same in texts.values() for pair in combinations(same.items(), 2)]
    for (one, text), (other, other_text) in pairs:
        bound = 0.25 if "mp3_8k_16kbps.mp3" in (one, other) else 0.1
        assert wer(text, other_text) <= bound, (one, other)
