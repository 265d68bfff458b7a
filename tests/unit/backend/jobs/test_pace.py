"""How long a job will still take."""

import pytest

from backend.jobs import pace as pace_module
from backend.jobs.pace import Pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be set."""
    now = [1000.0]
    monkeypatch.setattr(pace_module.time, "monotonic", lambda: now[0])
    return now


def test_nothing_is_said_before_anything_is_known(clock) -> None:
    assert Pace(None).eta_s(0.0, 100.0) is None


def test_a_first_job_goes_by_its_own_speed(clock) -> None:
    pace = Pace(None)
    clock[0] += 20
    assert pace.eta_s(done_s=100.0, total_s=600.0) == 100.0


def test_a_job_begins_at_the_speed_of_those_before_it_and_ends_at_its_own(clock) -> None:
    pace = Pace(0.1)
    assert pace.eta_s(0.0, 600.0) == 60.0
    clock[0] += 30  # its own speed is 0.3, which counts for a half by now
    assert pace.eta_s(100.0, 600.0) == 100.0
    clock[0] += 3000
    assert pace.eta_s(10_100.0, 11_100.0) == pytest.approx(0.3 * 1000, rel=0.02)


def test_what_was_done_before_a_restart_does_not_make_a_job_look_fast(clock) -> None:
    pace = Pace(None)
    clock[0] += 1
    pace.skip_to(900.0)
    clock[0] += 20
    assert pace.eta_s(1000.0, 2000.0) == 200.0
