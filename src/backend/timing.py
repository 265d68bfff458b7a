"""Set the intervals of background work in one place; tests shorten them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Intervals in seconds.

    Attributes:
        reconcile_s: between two checks for jobs that no process works on.
        orphan_grace_s: for which such a job of this process waits before it is queued again.
        expiry_s: between two checks for expired jobs and recordings.
        queue_metrics_s: between two counts of the unfinished jobs for /metrics.
        llm_concurrency_s: between two questions to the llm how many chunks it takes at once.
        accounts_s: between two checks whether the first key was made.
        audit_s: between two writes of audit entries.
        reserve_s: between two checks for space for a released disk reserve.
        ended_check_s: between two checks whether a running job was cancelled or deleted.
        stop_timeout_s: that a process may take to stop a cancelled job.
        eta_s: between two updates of a running job's ETA.
        event_poll_s: between two reads of a followed job, which another process may work on.
        preview_idle_s: after which an unused preview is removed.
        preview_sweep_s: between two checks for unused previews.
    """

    reconcile_s: float = 15.0
    orphan_grace_s: float = 30.0
    expiry_s: float = 3600.0
    queue_metrics_s: float = 10.0
    llm_concurrency_s: float = 10.0
    accounts_s: float = 2.0
    audit_s: float = 1.0
    reserve_s: float = 60.0
    ended_check_s: float = 1.0
    stop_timeout_s: float = 10.0
    eta_s: float = 2.0
    event_poll_s: float = 2.0
    preview_idle_s: float = 900.0
    preview_sweep_s: float = 30.0
