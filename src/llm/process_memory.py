"""Measure the memory of the container, and return freed memory to the system."""

import ctypes
import os
from pathlib import Path

CGROUP_ROOT = Path("/sys/fs/cgroup")

_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")
"""Of versions 2 and 1. Source: the kernel's `cgroup-v2.rst`, `cgroup-v1/memory.rst`."""


def total_memory_bytes(cgroup_root: Path = CGROUP_ROOT) -> int:
    """Return the memory that the container may use, at most that of the machine.

    Args:
        cgroup_root: mount point of the control group of this process.
    """
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *filter(None, (_limit(cgroup_root / name) for name in _LIMITS))])


def _limit(path: Path) -> int | None:
    """Return the bytes in a file; None: there is no such file, or it says `max`."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def release_free_memory() -> None:
    """Give the heap's free pages back; a no-op where the C library is not glibc.

    OpenVINO frees kernels between blocks that stay, so that the heap does not shrink by itself.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
