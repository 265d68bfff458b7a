"""The speaker networks as OpenVINO graphs, converted once for all test runs."""

import hashlib
from pathlib import Path

from llm.speakers import graphs, networks
from testbed.debian_packages import CACHE


def speaker_graphs() -> Path:
    """Return the folder of the graphs; the first call takes half a minute.

    Raises:
        CheckpointError: the package with the weights is not installed.
    """
    sources = [Path(module.__file__ or "").read_bytes() for module in (graphs, networks)]
    key = hashlib.sha256(b"".join(sources)).hexdigest()[:16]
    return graphs.find_or_convert(None, CACHE / "speaker_graphs" / key)
