"""Return freed memory to the system."""

import ctypes


def release_free_memory() -> None:
    """Give the heap's free pages back; a no-op where the C library is not glibc.

    OpenVINO frees kernels between blocks that stay, so that the heap does not shrink by itself.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
