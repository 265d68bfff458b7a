"""Neither a check that is wrong nor a loop decides which attempt is kept."""

from itertools import permutations

from contracts.transcription import QualityIssue
from llm.engines.whisper.attempt import Attempt, Detection
from llm.engines.whisper.choice import choose_attempt

REPETITION, SKIPPED = QualityIssue.REPETITION, QualityIssue.SKIPPED_SPEECH


def attempt(
    temperature: float, avg_logprob: float, *issues: QualityIssue, is_loop: bool = False
) -> Attempt:
    return Attempt(
        30, temperature, "", [], Detection("ru", 1, 0, "ru", 1), avg_logprob,
        is_silence=False, quality_issues=list(issues), is_loop=is_loop, n_tokens=1, n_steps=1,
    )  # fmt: skip


def chosen(*attempts: Attempt) -> Attempt:
    """Return the attempt that is kept; their order does not matter."""
    (one,) = {id(best): best for best in map(choose_attempt, permutations(attempts))}.values()
    return one


def test_a_good_text_that_looks_repetitive_is_not_replaced_by_garbage() -> None:
    """As it happened to a telephone menu, whose reading at 1.0 was made of other languages."""
    menu = attempt(0, -0.06, REPETITION)
    again = attempt(0.4, -0.09, REPETITION)
    for garbage in (attempt(1, -0.95), attempt(1, -5.1), attempt(0.8, -0.6)):
        assert chosen(menu, again, garbage) is menu


def test_a_loop_is_replaced_by_a_reading_that_is_less_probable() -> None:
    """Each repetition makes the next one more probable, so a loop looks certain."""
    loop = attempt(0, -0.04, REPETITION, is_loop=True)
    for avg_logprob in (-0.4, -0.7, -0.99):
        reading = attempt(0.4, avg_logprob)
        assert chosen(loop, reading) is reading
    skipping = attempt(0.4, -0.4, SKIPPED)
    assert chosen(loop, skipping) is skipping


def test_a_text_that_is_improbable_too_does_not_replace_a_loop() -> None:
    """The speaker may have repeated the phrase; letters of five languages are worse."""
    loop = attempt(0.4, -0.14, REPETITION, is_loop=True)
    assert chosen(loop, attempt(1, -5.6, QualityIssue.LOW_LOGPROB)) is loop


def test_fewer_issues_win_among_texts_that_are_about_as_probable() -> None:
    skipping, complete = attempt(0, -0.2, SKIPPED), attempt(0.4, -0.5)
    assert chosen(skipping, complete) is complete
    assert chosen(skipping, attempt(0.8, -0.71)) is skipping


def test_a_loop_does_not_hide_which_of_two_readings_is_better() -> None:
    loop = attempt(0, -0.01, REPETITION, is_loop=True)
    reading, garbage = attempt(0.2, -0.3, SKIPPED), attempt(1, -0.9)
    assert chosen(loop, reading, garbage) is reading


def test_the_more_probable_of_equals_is_kept() -> None:
    loops = [attempt(0, -0.2, REPETITION, is_loop=True), attempt(0, -0.1, REPETITION, is_loop=True)]
    assert chosen(*loops) is loops[1]
    readings = [attempt(0, -0.3), attempt(0.2, -0.25)]
    assert chosen(*readings) is readings[1]
