"""Restrict the current process: what it may use, and for how long it may live."""

import ctypes
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

_MAX_DESCRIPTORS = 64
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


@dataclass(frozen=True)
class Limits:
    """What a process may use.

    Attributes:
        cpu_s: seconds of processor time.
        memory_bytes: address space, in addition to that of the loaded modules.
        file_bytes: size of each file that it writes.
        silent_s: seconds without a sign of life; the parent checks this one.
    """

    cpu_s: int
    memory_bytes: int
    file_bytes: int
    silent_s: float


def restrict(limits: Limits, descriptor: int) -> None:
    """Apply the limits for the rest of this process's life.

    Args:
        descriptor: stays open, besides the standard streams; all others are closed.
    """
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    if sys.platform == "linux":
        _end_with_parent()
        _set_limit(resource.RLIMIT_AS, _address_space_bytes() + limits.memory_bytes)
    _set_limit(resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1)  # SIGXCPU, then SIGKILL
    _set_limit(resource.RLIMIT_FSIZE, limits.file_bytes)
    _set_limit(resource.RLIMIT_NOFILE, _MAX_DESCRIPTORS)
    _set_limit(resource.RLIMIT_CORE, 0)


def _set_limit(kind: int, soft: int, hard: int | None = None) -> None:
    """Lower a limit; a lower one that is set already stays."""
    hard = soft if hard is None else hard
    earlier = resource.getrlimit(kind)[1]
    if earlier != resource.RLIM_INFINITY:
        soft, hard = min(soft, earlier), min(hard, earlier)
    resource.setrlimit(kind, (soft, hard))


def _end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, and keep it from gaining rights."""
    parent = os.getppid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")


def _address_space_bytes() -> int:
    """Return the current size of this process's address space. Source: proc(5), statm."""
    n_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return n_pages * resource.getpagesize()
