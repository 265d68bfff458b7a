"""A text with quality issues is decoded again, the best is kept, and attempts are reported."""

from typing import cast

import numpy as np
import pytest

from contracts.models import ModelIdentity
from contracts.options import ChunkOptions
from contracts.transcription import DecodingAttempt, QualityIssue
from llm.engines.protocol import ChunkResult, Samples
from llm.engines.whisper.engine import WhisperEngine
from llm.engines.whisper.network import WhisperNetwork
from unit.llm.engines.whisper.stand_in_network import StandInNetwork, Text

SPEECH = Text("Поезд пришёл под утро и никто его не встречал.")
OTHER = Text("Кондуктор вынес чемодан на пустую площадь.", 0.97)
LOOP = Text("и вот так " * 20, 0.999)
GUESS = Text("Поезда пришли под утро и никто не встречал.", 0.3)
WORSE_GUESS = Text("Поезд пришёл поутру никто его не встречал.", 0.25)
SECONDS = 16_000


def noise(n_samples: int) -> Samples:
    return np.random.default_rng(0).normal(0, 0.1, n_samples).astype(np.float32)


def decode(
    network: StandInNetwork, options: ChunkOptions | None = None, chunks: list | None = None
) -> list[ChunkResult]:
    identity = ModelIdentity(name="m", revision="r", engine="stand-in", device="cpu")
    engine = WhisperEngine(identity, cast(WhisperNetwork, network))
    chunks = chunks or [noise(n_samples) for n_samples in network.script]
    return engine.transcribe(chunks, options or ChunkOptions())


def text_of(result: ChunkResult) -> str:
    return " ".join(segment.text for segment in result.segments)


def attempts_of(result: ChunkResult) -> list[DecodingAttempt]:
    """Return the attempts in the order in which they were made."""
    return sorted(result.attempts, key=lambda one: (one.temperature, one.context_s))


def described(result: ChunkResult) -> list[tuple[float, float, list[QualityIssue], bool]]:
    return [(a.context_s, a.temperature, a.quality_issues, a.kept) for a in attempts_of(result)]


def kept(result: ChunkResult) -> DecodingAttempt:
    (one,) = [attempt for attempt in result.attempts if attempt.kept]
    return one


def test_a_text_without_issues_is_decoded_once_in_a_short_window() -> None:
    network = StandInNetwork({20 * SECONDS: [SPEECH]})
    (result,) = decode(network)
    assert text_of(result) == SPEECH.words
    assert described(result) == [(22, 0, [], True)]
    assert result.attempts[0].avg_logprob == pytest.approx(np.log(0.95), abs=1e-3)
    assert not result.hallucination_suppressed


def test_a_text_with_issues_is_decoded_again_in_full_context() -> None:
    network = StandInNetwork({20 * SECONDS: [LOOP, SPEECH]})
    (result,) = decode(network)
    assert text_of(result) == SPEECH.words
    assert described(result) == [(22, 0, [QualityIssue.REPETITION], False), (30, 0, [], True)]
    assert network.encoded == [([20 * SECONDS], False), ([20 * SECONDS], True)]


def test_retries_get_warmer_until_no_issue_is_left() -> None:
    network = StandInNetwork({20 * SECONDS: [LOOP, LOOP, GUESS, SPEECH, OTHER]})
    (result,) = decode(network)
    assert text_of(result) == SPEECH.words
    assert [one[:2] for one in described(result)] == [(22, 0), (30, 0), (30, 0.2), (30, 0.4)]
    assert [attempt.kept for attempt in attempts_of(result)] == [False, False, False, True]


def test_a_full_window_is_retried_warmer_immediately() -> None:
    network = StandInNetwork({29 * SECONDS: [LOOP, SPEECH]}, windows_s={29 * SECONDS: 30})
    (result,) = decode(network)
    assert [one[:2] for one in described(result)] == [(30, 0), (30, 0.2)]
    assert len(network.encoded) == 1


def test_a_full_window_and_a_shorter_one_are_retried_each_in_its_own_way() -> None:
    a, b = 29 * SECONDS, 20 * SECONDS
    network = StandInNetwork({a: [LOOP, SPEECH], b: [LOOP, OTHER]}, windows_s={a: 30})
    full, shorter = decode(network)
    assert [one[:2] for one in described(full)] == [(30, 0), (30, 0.2)]
    assert [one[:2] for one in described(shorter)] == [(22, 0), (30, 0)]
    assert network.encoded == [([a, b], False), ([b], True)]


def test_of_texts_with_issues_the_most_probable_is_kept() -> None:
    network = StandInNetwork({20 * SECONDS: [WORSE_GUESS, GUESS, *[LOOP] * 9]})
    (result,) = decode(network)
    # A loop has one issue too, and a higher probability.
    assert text_of(result).startswith("и вот так")
    assert len(result.attempts) == 7
    assert kept(result).quality_issues == [QualityIssue.REPETITION]

    network = StandInNetwork({20 * SECONDS: [WORSE_GUESS, GUESS, *[WORSE_GUESS] * 9]})
    (result,) = decode(network)
    assert text_of(result) == GUESS.words
    assert (kept(result).context_s, kept(result).temperature) == (30, 0)


def test_fewer_issues_beat_a_higher_probability() -> None:
    both = Text("и вот так " * 20, 0.3)
    network = StandInNetwork({20 * SECONDS: [both, LOOP, *[GUESS] * 9]})
    assert kept(decode(network)[0]).quality_issues == [QualityIssue.REPETITION]


def test_a_worse_retry_does_not_replace_the_first_text() -> None:
    network = StandInNetwork({20 * SECONDS: [GUESS, *[WORSE_GUESS] * 9]})
    (result,) = decode(network)
    assert text_of(result) == GUESS.words
    assert kept(result).context_s == 22


def test_only_texts_with_issues_are_decoded_again() -> None:
    a, b, c = 20 * SECONDS, 19 * SECONDS, 18 * SECONDS
    network = StandInNetwork({a: [SPEECH], b: [LOOP, LOOP, OTHER], c: [GUESS, SPEECH]})
    results = decode(network)
    assert [text_of(one) for one in results] == [SPEECH.words, OTHER.words, SPEECH.words]
    assert network.decoded == [[a, b, c], [b, c], [b]]
    assert [len(one.attempts) for one in results] == [1, 3, 2]


def test_a_chunk_is_decoded_from_its_own_encoder_output() -> None:
    """One chunk keeps its short-window text, another its full-context text; both are retried."""
    a, b, c = 20 * SECONDS, 19 * SECONDS, 18 * SECONDS
    network = StandInNetwork(
        {a: [SPEECH], b: [GUESS, WORSE_GUESS, SPEECH], c: [WORSE_GUESS, GUESS, OTHER]}
    )
    results = decode(network)
    assert [text_of(one) for one in results] == [SPEECH.words, SPEECH.words, OTHER.words]
    expected = [(22, 0), (30, 0), (30, 0.2)]
    assert [[one[:2] for one in described(result)] for result in results[1:]] == [expected] * 2


def test_only_so_many_chunks_are_encoded_again_at_once_as_memory_allows() -> None:
    """Otherwise sixteen dictations would need the memory of sixteen windows of 30 s."""
    a, b, c = 20 * SECONDS, 19 * SECONDS, 18 * SECONDS
    network = StandInNetwork({key: [LOOP, SPEECH] for key in (a, b, c)}, rows_in_full_context=2)
    assert [text_of(one) for one in decode(network)] == [SPEECH.words] * 3
    assert network.encoded == [([a, b, c], False), ([a, b], True), ([c], True)]


def test_retries_start_above_the_requested_temperature() -> None:
    network = StandInNetwork({20 * SECONDS: [LOOP]})
    (result,) = decode(network, ChunkOptions(temperature=0.5))
    assert [one.temperature for one in result.attempts if one.context_s == 22] == [0.5]
    assert sorted(one.temperature for one in result.attempts) == [0.5, 0.5, 0.6, 0.8, 1.0]


def test_skipped_speech_is_decoded_again() -> None:
    skipped = Text(SPEECH.words, 0.99, until=0.5)
    network = StandInNetwork({20 * SECONDS: [skipped, SPEECH]})
    (result,) = decode(network)
    assert [one.quality_issues for one in attempts_of(result)] == [
        [QualityIssue.SKIPPED_SPEECH],
        [],
    ]


@pytest.mark.parametrize(("no_speech", "silenced"), [(0.9, True), (0.1, False)])
def test_a_phrase_of_silence_is_dropped_in_silence_and_kept_in_speech(
    no_speech: float, silenced: bool
) -> None:
    network = StandInNetwork({5 * SECONDS: [Text("Продолжение следует...", 0.9, no_speech)]})
    (result,) = decode(network)
    assert result.hallucination_suppressed == silenced
    assert text_of(result) == ("" if silenced else "Продолжение следует...")
    assert len(result.attempts) == 1


def test_silence_is_decoded_once_and_gives_no_segments() -> None:
    network = StandInNetwork({5 * SECONDS: [LOOP]})
    (result,) = decode(network, chunks=[np.zeros(5 * SECONDS, np.float32)])
    assert (result.segments, result.hallucination_suppressed, len(result.attempts)) == ([], True, 1)


def test_an_empty_text_is_not_reported_as_suppressed() -> None:
    (result,) = decode(StandInNetwork({5 * SECONDS: [Text("")]}))
    assert (result.segments, result.hallucination_suppressed) == ([], False)


def test_many_chunks_are_decoded_in_small_batches_and_returned_in_order() -> None:
    lengths = [SECONDS * n for n in (3, 20, 5, 7, 20, 11, 2, 9)]
    lengths = [length + n for n, length in enumerate(lengths)]
    network = StandInNetwork({length: [Text(f"Раз {n}.")] for n, length in enumerate(lengths)})
    results = decode(network, ChunkOptions(beam_size=5))
    assert [text_of(one) for one in results] == [f"Раз {n}." for n in range(8)]
    assert [len(chunks) for chunks in network.decoded] == [3, 3, 2]
    assert network.decoded == [sorted(chunks, reverse=True) for chunks in network.decoded]


def test_words_are_returned_on_request_and_always_form_the_segments() -> None:
    script = {10 * SECONDS: [Text("Раз, два. Три!")]}
    (plain,) = decode(StandInNetwork(script))
    (timed,) = decode(StandInNetwork(script), ChunkOptions(word_timestamps=True))
    assert (
        [s.text for s in plain.segments]
        == [s.text for s in timed.segments]
        == ["Раз, два.", "Три!"]
    )
    assert [(s.start, s.end) for s in plain.segments] == [(s.start, s.end) for s in timed.segments]
    assert [s.words for s in plain.segments] == [None, None]
    assert [[w.word for w in s.words or []] for s in timed.segments] == [["Раз,", "два."], ["Три!"]]
