"""How long a job will still take."""

import random

import pytest

from backend import eta as eta_module
from backend.eta import EtaEstimator


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be set."""
    now = [1000.0]
    monkeypatch.setattr(eta_module.time, "monotonic", lambda: now[0])
    return now


def test_nothing_is_said_before_anything_is_known(clock) -> None:
    estimator = EtaEstimator(audio_s=100, concurrent_s=50, expected_s=None)
    clock[0] += 20
    assert estimator.eta_s() is None


def test_a_first_job_goes_by_its_own_speed(clock) -> None:
    estimator = EtaEstimator(audio_s=600, concurrent_s=100, expected_s=None)
    clock[0] += 20
    estimator.add(100)
    assert estimator.eta_s() == 100.0


def test_a_job_begins_at_the_speed_of_those_before_it_and_ends_at_its_own(clock) -> None:
    estimator = EtaEstimator(audio_s=20_000, concurrent_s=100, expected_s=2000)
    assert estimator.eta_s() == 2000.0
    for _ in range(100):
        clock[0] += 30
        estimator.add(100)
    assert estimator.eta_s() == pytest.approx(0.3 * 10_000, rel=0.02)


def test_the_time_left_goes_down_while_nothing_comes(clock) -> None:
    """Else it would stand still for as long as the llm works on what it has."""
    estimator = EtaEstimator(audio_s=1000, concurrent_s=400, expected_s=None)
    clock[0] += 40
    estimator.add(400)
    shown = []
    for _ in range(4):
        shown.append(estimator.eta_s())
        clock[0] += 10
    assert shown == [60.0, 50.0, 40.0, 30.0]


def test_what_does_not_come_in_time_makes_the_rest_longer_too(clock) -> None:
    estimator = EtaEstimator(audio_s=1000, concurrent_s=400, expected_s=100)
    clock[0] += 80  # for what should have taken 40
    assert estimator.eta_s() == 170.0  # the 400 s take 100, the other 600 s 150
    estimator = EtaEstimator(audio_s=1000, concurrent_s=0, expected_s=100)
    clock[0] += 200
    assert estimator.eta_s() == 0.0


def test_an_overdue_last_chunk_is_never_said_to_be_done(clock) -> None:
    """A clip that waits for the llm showed 0 seconds for as long as it waited."""
    estimator = EtaEstimator(audio_s=10, concurrent_s=10, expected_s=1)
    shown = []
    for _ in range(4):
        clock[0] += 40
        shown.append(estimator.eta_s())
    assert shown == [10.0, 20.0, 30.0, 40.0]


def test_a_machine_that_became_slower_is_noticed(clock) -> None:
    estimator = EtaEstimator(audio_s=100_000, concurrent_s=100, expected_s=None)
    for seconds in [10] * 100 + [30] * 30:
        clock[0] += seconds
        estimator.add(100)
    assert estimator.eta_s() == pytest.approx(0.3 * 87_000, rel=0.1)


def test_what_was_done_before_a_restart_does_not_make_a_job_look_fast(clock) -> None:
    estimator = EtaEstimator(audio_s=2000, concurrent_s=100, expected_s=None)
    clock[0] += 1
    estimator.skip(900)
    clock[0] += 20
    estimator.add(100)
    assert estimator.eta_s() == 200.0


def test_on_a_machine_with_other_work_half_of_the_time_it_is_right_to_a_tenth(clock) -> None:
    """A batch takes half as long again, or half, by turns of some minutes, and a little noise."""
    noise = random.Random(1)
    estimates: list[tuple[float, float]] = []
    estimator = EtaEstimator(audio_s=16_000, concurrent_s=400, expected_s=None)
    for batch in range(40):
        load = 1.25 if batch // 4 % 2 else 0.75
        clock[0] += 40 * load * noise.uniform(0.9, 1.1)
        estimator.add(400)
        if (eta := estimator.eta_s()) and batch < 36:
            estimates.append((clock[0], eta))
    errors = sorted(abs(eta / (clock[0] - at) - 1) for at, eta in estimates)
    assert errors[len(errors) // 2] < 0.1
