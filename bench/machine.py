"""Describe the machine: figures of different processors cannot be compared."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_KINDS = {
    "AVX2": ("avx2",),
    "AVX-512": ("avx512f",),
    "VNNI": ("avx512_vnni", "avx_vnni"),
    "BF16": ("avx512_bf16", "amx_bf16"),
    "AMX": ("amx_tile",),
}
"""Instruction sets that decide the speed, with the Linux flags of each."""

_PACKAGES = ("openvino", "onnxruntime", "torch", "transformers", "ctranslate2", "faster-whisper")


@dataclass(frozen=True)
class Machine:
    """What a figure depends on besides the code.

    Attributes:
        processor: the model's name.
        kind: its instruction sets, such as `AVX2 + AVX-512 + VNNI`; `unknown` off Linux on x86.
        n_cores: cores that this process may use.
        versions: of Python and the inference libraries, by name.
    """

    processor: str
    kind: str
    n_cores: int
    versions: Mapping[str, str]

    def describe(self, threads: int) -> str:
        """Return the lines that head a table."""
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return (
            f"Processor: {self.processor} ({self.kind}), {self.n_cores} cores\n"
            f"Threads: {threads}\n"
            f"Versions: {versions}"
        )


def this_machine() -> Machine:
    """Return the description of the machine that runs this process."""
    cpuinfo = _CPUINFO.read_text(encoding="utf-8") if _CPUINFO.exists() else ""
    return Machine(
        processor=_field(cpuinfo, "model name") or platform.processor() or platform.machine(),
        kind=processor_kind(_field(cpuinfo, "flags")),
        n_cores=n_cores(),
        versions={"python": platform.python_version(), **_installed_versions()},
    )


def n_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor_kind(flags: str) -> str:
    """Return the instruction sets among the flags of `/proc/cpuinfo`, such as `AVX2 + AVX-512`."""
    present = set(flags.split())
    return " + ".join(k for k, names in _KINDS.items() if present.intersection(names)) or "unknown"


def _field(cpuinfo: str, name: str) -> str:
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _installed_versions() -> dict[str, str]:
    versions: dict[str, str] = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions
