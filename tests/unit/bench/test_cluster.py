"""If these fail, the simulation of a cluster says nothing about one."""

import dataclasses

import numpy as np
import pytest

from bench.cluster.parameters import Cluster, Kind, Recordings, ServiceTimes, Workload
from bench.cluster.simulation import Result, Simulation, batch_s

TIMES = ServiceTimes()
DICTATIONS = Workload(kinds={Kind.DICTATION: Recordings(1.0, 10.0, 10.0, 10.0)})
LECTURES = Workload(kinds={Kind.LONG: Recordings(1.0, 600.0, 600.0, 600.0)})


def simulated(
    workload: Workload, cluster: Cluster, *, load: float, times: ServiceTimes = TIMES
) -> Result:
    speech_per_s = load * cluster.speech_per_s(times)
    return Simulation(workload, times, cluster, speech_per_s=speech_per_s).run(1800.0)


def test_a_dictation_alone_takes_the_sum_of_its_service_times() -> None:
    cluster = Cluster()
    result = simulated(DICTATIONS, cluster, load=0.001)
    expected_s = (
        TIMES.gather_s
        + batch_s([10.0], cluster, TIMES)
        + 10.0 * TIMES.prepare_core_s / cluster.backend_cores
        + (TIMES.job_transactions + TIMES.chunk_transactions) / TIMES.transactions_per_s
        + 2 * 10.0 * DICTATIONS.bytes_per_s / TIMES.blob_bytes_per_s
    )
    assert min(result.latencies[Kind.DICTATION]) == pytest.approx(expected_s)


def test_no_more_is_transcribed_than_the_replicas_can() -> None:
    cluster = Cluster(n_replicas=2)
    result = simulated(LECTURES, cluster, load=3.0)
    assert 0.8 < result.busy["llm"] <= 1.01
    assert result.speech_s / 1800.0 <= cluster.speech_per_s(TIMES)
    assert result.n_ended < result.n_arrived


def test_dictations_wait_longer_the_busier_the_replicas_are() -> None:
    waits = [
        np.percentile(
            simulated(Workload(), Cluster(n_replicas=4), load=load).latencies[Kind.DICTATION], 95
        )
        for load in (0.1, 0.9)
    ]
    assert waits[0] < waits[1]


def test_replicas_that_fail_lose_no_recording() -> None:
    cluster = Cluster(n_replicas=4, replica_mtbf_s=120.0)
    result = simulated(DICTATIONS, cluster, load=0.3)
    assert result.n_resent > 0
    in_progress = result.n_arrived - result.n_ended
    assert in_progress <= 5, "of some thousand; the end of the simulation cuts these off"


def test_a_slow_database_is_the_part_that_saturates() -> None:
    slow = dataclasses.replace(TIMES, transactions_per_s=5.0)
    busy = simulated(DICTATIONS, Cluster(), load=0.7, times=slow).busy
    assert max(busy, key=busy.__getitem__) == "database"
    assert busy["database"] > 1.0
