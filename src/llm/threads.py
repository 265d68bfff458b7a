"""Count the CPU cores of the container rather than those of the host."""

import math
import os
from pathlib import Path

CGROUP_ROOT = Path("/sys/fs/cgroup")


def available_cores(cgroup_root: Path = CGROUP_ROOT) -> int:
    """Return the cores that the CPU quota and affinity allow, rounded up, at least 1.

    Args:
        cgroup_root: mount point of the control group of this process.

    Source: the kernel's `cgroup-v2.rst` (`cpu.max`), `scheduler/sched-bwc.rst` (v1).
    """
    affinity = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    quota = _quota_v2(cgroup_root) or _quota_v1(cgroup_root / "cpu")
    return max(1, min(affinity, math.ceil(quota)) if quota else affinity)


def _quota_v2(group: Path) -> float | None:
    """Parse `cpu.max`, for example `150000 100000`; None without a quota."""
    try:
        quota, period = (group / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _quota_v1(group: Path) -> float | None:
    """Parse the two files of version 1; a quota of -1 means none."""
    try:
        quota = int((group / "cpu.cfs_quota_us").read_text())
        return quota / int((group / "cpu.cfs_period_us").read_text()) if quota > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        return None
