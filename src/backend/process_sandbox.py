"""Restrict the current process: what it may use, open and call, and how long it may live."""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MAX_DESCRIPTORS = 64
_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2

_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_LANDLOCK_CREATE_RULESET_VERSION = 1
_LANDLOCK_RULE_PATH_BENEATH = 1

_WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
_SCOPES_VERSION, _SCOPE_SIGNAL = 6, 1 << 1
_ACCESS_BITS = (0, 13, 14, 15, 15, 16)
"""How many kinds of access to files each version of Landlock knows. Source: landlock(7)."""

_BPF_LOAD, _BPF_JUMP_EQUAL, _BPF_JUMP_AT_LEAST, _BPF_RETURN = 0x20, 0x15, 0x35, 0x06
_SECCOMP_ALLOW, _SECCOMP_EPERM = 0x7FFF0000, 0x00050001
_X32_BIT = 0x40000000
"""Marks the system calls of a second ABI on x86-64."""

_FORBIDDEN_CALLS = {
    # socket, connect, execve, execveat, ptrace, process_vm_readv, process_vm_writev, and
    # io_uring_setup, which can do without them
    "x86_64": (0xC000003E, (41, 42, 59, 322, 101, 310, 311, 425)),
    "aarch64": (0xC00000B7, (198, 203, 221, 281, 117, 270, 271, 425)),
}
"""By processor: its number in audit.h, and the calls that a decoder has no use for."""


@dataclass(frozen=True)
class Limits:
    """What a process may use.

    Attributes:
        cpu_s: seconds of processor time.
        memory_bytes: address space, in addition to that of the loaded modules.
        file_bytes: size of each file that it writes.
        silent_s: seconds without a sign of life; the parent checks this one.
        readable: the files that it may read, besides Python's own.
        writable: the files that it may write and read; they exist already.
    """

    cpu_s: int
    memory_bytes: int
    file_bytes: int
    silent_s: float
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()


class _Filter(ctypes.Structure):
    """The kernel's struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def restrict(limits: Limits, descriptor: int) -> None:
    """Apply the limits for the rest of this process's life.

    Linux also confines it to its files, without a network and without other programs, as far as
    the kernel can: Landlock needs Linux 5.13.

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
    if sys.platform == "linux":
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _confine_to_files(limits.readable, limits.writable)
        _forbid_calls()


def _set_limit(kind: int, soft: int, hard: int | None = None) -> None:
    """Lower a limit; a lower one that is set already stays."""
    hard = soft if hard is None else hard
    earlier = resource.getrlimit(kind)[1]
    if earlier != resource.RLIM_INFINITY:
        soft, hard = min(soft, earlier), min(hard, earlier)
    resource.setrlimit(kind, (soft, hard))


def _end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    parent = os.getppid()
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _confine_to_files(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Deny every other file, and signals to other processes. Source: landlock(7)."""
    libc = _libc()
    version: int = libc.syscall(
        _LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), _LANDLOCK_CREATE_RULESET_VERSION
    )
    if version < 1:
        return
    handled = (1 << _ACCESS_BITS[min(version, len(_ACCESS_BITS) - 1)]) - 1
    attributes = struct.pack("Q", handled)
    if version >= _SCOPES_VERSION:
        attributes += struct.pack("QQ", 0, _SCOPE_SIGNAL)
    ruleset = _call(_LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    modules = (sys.prefix, sys.base_prefix, Path(__file__).parents[1])  # some are imported late
    rules = [(Path(path), _READ_FILE | _READ_DIR) for path in modules]
    rules += [(path, _READ_FILE) for path in readable]
    rules += [(path, _READ_FILE | _WRITE_FILE | _TRUNCATE) for path in writable]
    for path, access in rules:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", access & handled, target)
        _call(_LANDLOCK_ADD_RULE, ruleset, _LANDLOCK_RULE_PATH_BENEATH, rule, 0)
        os.close(target)
    _call(_LANDLOCK_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _forbid_calls() -> None:
    """Answer system calls for networks, programs and other processes with EPERM.

    Source: the kernel's Documentation/userspace-api/seccomp_filter.rst.
    """
    if platform.machine() not in _FORBIDDEN_CALLS:
        return
    processor, calls = _FORBIDDEN_CALLS[platform.machine()]
    n_calls = len(calls)
    program = [
        (_BPF_LOAD, 0, 0, 4),  # seccomp_data.arch
        (_BPF_JUMP_EQUAL, 0, n_calls + 3, processor),
        (_BPF_LOAD, 0, 0, 0),  # seccomp_data.nr
        (_BPF_JUMP_AT_LEAST, n_calls + 1, 0, _X32_BIT),
        *((_BPF_JUMP_EQUAL, n_calls - i, 0, call) for i, call in enumerate(calls)),
        (_BPF_RETURN, 0, 0, _SECCOMP_ALLOW),
        (_BPF_RETURN, 0, 0, _SECCOMP_EPERM),
    ]
    instructions = b"".join(struct.pack("=HBBI", *each) for each in program)
    with suppress(OSError):  # a kernel without filters
        _prctl(
            _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(_Filter(len(program), instructions))
        )


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, *arguments: object) -> None:
    zeros = [0] * (4 - len(arguments))
    if _libc().prctl(option, *arguments, *zeros) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")


def _call(number: int, *arguments: object) -> int:
    result: int = _libc().syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"system call {number} failed")
    return result


def _address_space_bytes() -> int:
    """Return the current size of this process's address space. Source: proc(5), statm."""
    n_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return n_pages * resource.getpagesize()
